package socketio

import (
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

// Socket is one client's presence in one namespace, from Handler.Connect to Handler.Disconnect.
// All methods are safe for concurrent use and never block; on a socket that is over they do
// nothing.
type Socket struct {
	id        string
	namespace string
	client    *client

	left bool // by the client; guarded by the session's mu

	spent   int       // events of the present window
	spentAt time.Time // when that began
}

// ID returns the public id of the socket. The client knows it, too; it opens nothing.
func (k *Socket) ID() string { return k.id }

// Client returns what Config.ClientOf said of the request that opened the session.
func (k *Socket) Client() string { return k.client.session.from }

// What a client may emit. Stock clients emit a token now and then, and perhaps a ping.
const (
	eventsOfWindow = 100
	eventWindow    = 10 * time.Second
)

// Spend counts an event of the client; false if it emits too many. It is for the Handler's Event, which is called one
// at a time.
func (k *Socket) Spend() bool {
	if now := time.Now(); now.Sub(k.spentAt) >= eventWindow {
		k.spent, k.spentAt = 0, now
	}
	k.spent++
	return k.spent <= eventsOfWindow
}

// Namespace returns the namespace that was joined, "/" for the main one.
func (k *Socket) Namespace() string { return k.namespace }

// Send queues an event. Events reach the client in the order of Send and are never left out: a
// client whose queue is full is cut off instead, with ReasonSlow.
func (k *Socket) Send(f *Frame) { k.send(f.in(k.namespace)) }

func (k *Socket) send(wires []eio.Wire) {
	s := k.client.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if !k.left {
		s.enqueue(wires...)
	}
}

// Disconnect ends the client's connection for good: everything sent so far still goes out, then
// a DISCONNECT packet for each namespace it joined, then the transport closes. A stock client does
// not come back by itself.
func (k *Socket) Disconnect() {
	s := k.client.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if !k.left {
		s.leave(ReasonServerLeft, melody.CloseNormalClosure, k.client.farewells()...)
	}
}

// Drop closes the client's transport after everything sent so far has gone out, also when the client
// has left the namespace by then. A stock client reconnects. All its namespaces are affected.
func (k *Socket) Drop() {
	s := k.client.session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave(ReasonServerDrop, melody.CloseServiceRestart)
}
