// Package sio is the Socket.IO v5 codec: the packets that travel inside Engine.IO messages.
// It is pure (bytes in, packets out) and knows no connections. The wire form of a packet is
//
//	<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]
//
// and every binary attachment follows in a message of its own. Both sides of a connection can
// use it; which packets are allowed when is the business of package socketio.
package sio
