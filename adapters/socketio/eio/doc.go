// Package eio is the Engine.IO v4 codec: bytes in, packets out. It knows the wire and nothing
// else: no sessions, no transports, no clock. Package socketio builds those on top.
//
// One packet travels in two ways. A WebSocket carries it as one message: text for every packet
// ("4hello"), binary for a binary message, which then has no type byte. HTTP long-polling joins
// packets with U+001E into a payload, where a binary message is "b" and standard base64.
package eio
