package socketio

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"chatsystem/adapters/socketio/eio"
	"chatsystem/adapters/socketio/sio"
)

// What a client may not do; any of it ends the session.
var (
	errNotJoined     = errors.New("packet for a namespace that is not joined")
	errJoinedAlready = errors.New("namespace is joined already")
	errServerOnly    = errors.New("packet type that only a server sends")
)

// client is the receiver that speaks Socket.IO: the namespaces of one session. The session calls
// it one call at a time. sockets changes under the session's mu as well, because others read it.
type client struct {
	session *session
	handler Handler
	decoder sio.Decoder
	sockets []*Socket // those joined: a few, so no map
}

func (c *client) message(data []byte, binary bool) error {
	decode := c.decoder.Text
	if binary {
		decode = c.decoder.Binary
	}
	p, complete, err := decode(data)
	if err != nil || !complete {
		return err
	}
	if p.Type == sio.Connect {
		return c.connect(p)
	}
	k := c.socket(p.Namespace)
	if k == nil {
		return fmt.Errorf("%w: %q", errNotJoined, p.Namespace)
	}
	switch p.Type {
	case sio.Event:
		c.handler.Event(k, p.Name, p.Args, c.ack(k, p))
	case sio.Disconnect:
		c.leave(k)
	case sio.Ack: // answers nothing: we never ask for one
	default:
		return errServerOnly
	}
	return nil
}

func (c *client) socket(namespace string) *Socket {
	for _, k := range c.sockets {
		if k.namespace == namespace {
			return k
		}
	}
	return nil
}

// connect lets the client join a namespace, or tells it that there is none of that name.
func (c *client) connect(p sio.Packet) error {
	s := c.session
	i := slices.Index(s.srv.cfg.Namespaces, p.Namespace)
	if i < 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.enqueue(encode(sio.Packet{
			Type:      sio.ConnectError,
			Namespace: p.Namespace,
			Data:      json.RawMessage(`{"message":"Invalid namespace"}`),
		})...)
		return nil
	}
	if c.socket(p.Namespace) != nil {
		return fmt.Errorf("%w: %q", errJoinedAlready, p.Namespace)
	}
	k := &Socket{
		id:        rand.Text(),
		namespace: s.srv.cfg.Namespaces[i], // not p's own, which would keep the packet alive
		client:    c,
	}
	c.join(k)
	c.handler.Connect(k, p.Data)
	return nil
}

func (c *client) join(k *Socket) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	c.sockets = append(c.sockets, k)
	s.deadlines.connect = time.Time{}
	s.enqueue(encode(sio.Packet{
		Type:      sio.Connect,
		Namespace: k.namespace,
		Data:      json.RawMessage(`{"sid":"` + k.id + `"}`),
	})...)
}

// leave handles the client's leaving of one namespace. The connection stays, but without any
// namespace not for ever.
func (c *client) leave(k *Socket) {
	s := c.session
	s.mu.Lock()
	k.left = true
	c.sockets = slices.DeleteFunc(c.sockets, func(o *Socket) bool { return o == k })
	if len(c.sockets) == 0 && s.state == stateOpen {
		s.awaitConnect(time.Now())
		s.arm()
	}
	s.mu.Unlock()
	c.handler.Disconnect(k, ReasonClientLeft)
}

func (c *client) closed(reason string) {
	c.session.mu.Lock()
	sockets := c.sockets
	c.sockets = nil
	c.session.mu.Unlock()
	for _, k := range sockets {
		c.handler.Disconnect(k, reason)
	}
}

// farewells are the packets which tell the client that the server ends all its namespaces. The
// session's mu is held.
func (c *client) farewells() []eio.Wire {
	var wires []eio.Wire
	for _, k := range c.sockets {
		wires = append(wires, encode(sio.Packet{Type: sio.Disconnect, Namespace: k.namespace})...)
	}
	return wires
}

// ack returns the answer to p, nil if the client wants none.
func (c *client) ack(k *Socket, p sio.Packet) Ack {
	if !p.HasID {
		return nil
	}
	var answered atomic.Bool
	return func(values ...any) error {
		args, err := sio.MarshalArgs(values...)
		if err != nil {
			return fmt.Errorf("ack of %q: %w", p.Name, err)
		}
		if answered.CompareAndSwap(false, true) {
			k.send(encode(sio.Packet{Type: sio.Ack, Namespace: k.namespace, ID: p.ID, HasID: true, Args: args}))
		}
		return nil
	}
}
