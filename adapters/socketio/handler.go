package socketio

import (
	"encoding/json"

	"chatsystem/adapters/socketio/sio"
)

// Args are the arguments of an event; see sio.Args.
type Args = sio.Args

// Binary is an argument that travels as a binary attachment; see sio.Binary.
type Binary = sio.Binary

// Handler is told what happens on the sockets of a Server. For one session (all namespaces that
// one client joined over one connection) its methods are called one at a time and in the order
// of what happened; different sessions call concurrently. A method that takes long holds up its
// own session only. Methods must not panic: on a WebSocket nothing recovers.
type Handler interface {
	// Connect: the client joined a namespace. It comes before any event of s. auth is the
	// client's CONNECT payload, a JSON object, or nil.
	Connect(s *Socket, auth json.RawMessage)
	// Event: the client emitted an event. ack is nil unless the client asked for an answer.
	Event(s *Socket, name string, args Args, ack Ack)
	// Disconnect: s is over; called exactly once for every Connect, after everything else of s.
	// reason is one of the Reason constants.
	Disconnect(s *Socket, reason string)
}

// Ack answers an event that asked for an acknowledgement. Only the first call counts. It never
// blocks, may be called at any time from any goroutine, and does nothing once the socket is over.
// It fails only if args cannot be encoded.
type Ack func(args ...any) error

// Why a socket came to its end. The names follow the Node server's where it has one.
const (
	ReasonClientLeft     = "client namespace disconnect" // the client left the namespace
	ReasonServerLeft     = "server namespace disconnect" // Socket.Disconnect
	ReasonServerDrop     = "server transport close"      // Socket.Drop
	ReasonShutdown       = "server shutting down"        // Server.Drain or Server.Close
	ReasonTransportClose = "transport close"             // the client closed, or its connection broke
	ReasonTransportError = "transport error"             // two polls or two posts at a time
	ReasonParseError     = "parse error"                 // what the client sent breaks the protocol
	ReasonPingTimeout    = "ping timeout"                // no pong in time
	ReasonConnectTimeout = "connect timeout"             // no namespace joined in time
	ReasonSlow           = "slow consumer"               // the send queue was full
)
