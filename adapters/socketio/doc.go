// Package socketio serves Socket.IO v5 over Engine.IO v4: WebSocket (on melody), HTTP
// long-polling and the upgrade from one to the other, for stock clients (socket.io-client 3 and
// 4). Subpackages eio and sio are the two codecs; conformance is the server that the protocol's
// official test suites run against.
//
// Drives: a Handler, told of sockets that join, their events and their end.
// It must not know what the events mean, nor add CORS headers, which the router does once.
//
// Layers, from the wire up: polling.go and websocket.go move packets; session.go owns one
// client's queue and state, which survive a change of transport; a receiver (client.go, or
// echo.go for plain Engine.IO) reads the messages.
//
// With several gateways a Forwarder (forward.go) stands in front: seal.go makes session ids that name
// their gateway, hop.go passes a request on to it, tunnel.go a WebSocket.
package socketio
