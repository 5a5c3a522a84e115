package socketio

import (
	"fmt"

	"chatsystem/adapters/socketio/eio"
)

// NewEchoServer returns a plain Engine.IO server, without Socket.IO on top, that sends every
// message back unchanged: what the Engine.IO test suite wants to talk to. Namespaces and
// ConnectTimeout mean nothing to it.
func NewEchoServer(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("engine.io settings: %w", err)
	}
	cfg.ConnectTimeout = 0
	return newServer(cfg, func(s *session) receiver { return echo{s} }), nil
}

type echo struct{ session *session }

func (e echo) message(data []byte, binary bool) error {
	e.session.mu.Lock()
	defer e.session.mu.Unlock()
	e.session.enqueue(eio.Packet{Type: eio.Message, Binary: binary, Data: data}.Wire())
	return nil
}

func (echo) closed(string) {}
