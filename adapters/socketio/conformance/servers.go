package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"chatsystem/adapters/socketio"
)

// config is what the suites have written into their expectations.
func config() socketio.Config {
	cfg := socketio.DefaultConfig()
	cfg.PingInterval = 300 * time.Millisecond
	cfg.PingTimeout = 200 * time.Millisecond
	cfg.ConnectTimeout = time.Second
	cfg.MaxPayload = 1_000_000
	cfg.Namespaces = []string{"/", "/custom"}
	return cfg
}

// servers are the two endpoints, by path.
type servers struct {
	engine, socket *socketio.Server
}

func newServers(cfg socketio.Config) (*servers, error) {
	engine, engineErr := socketio.NewEchoServer(cfg)
	socket, socketErr := socketio.NewServer(cfg, echoHandler{})
	if err := errors.Join(engineErr, socketErr); err != nil {
		return nil, err
	}
	return &servers{engine, socket}, nil
}

func (s *servers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/engine.io/":
		s.engine.ServeHTTP(w, r)
	case "/socket.io/":
		s.socket.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *servers) close(ctx context.Context) error {
	return errors.Join(s.engine.Close(ctx), s.socket.Close(ctx))
}

// authDelay keeps the auth event out of the TCP read that brings the CONNECT answer. The suite
// listens for one message at a time, and its WebSocket library hands out all of one read at once:
// the second would find no listener.
const authDelay = 25 * time.Millisecond

// echoHandler does what the Socket.IO suite asks of its server.
type echoHandler struct{}

func (echoHandler) Connect(s *socketio.Socket, auth json.RawMessage) {
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	<-time.After(authDelay) // holds up this session only
	emit(s, "auth", auth)
}

func (echoHandler) Event(s *socketio.Socket, name string, args socketio.Args, ack socketio.Ack) {
	switch {
	case name == "message":
		emit(s, "message-back", args)
	case name == "message-with-ack" && ack != nil:
		if err := ack(args); err != nil {
			s.Drop()
		}
	}
}

func (echoHandler) Disconnect(*socketio.Socket, string) {}

// emit sends back what came in. It cannot fail, as it was JSON then; if it does, the suite shall
// see it.
func emit(s *socketio.Socket, event string, args ...any) {
	frame, err := socketio.NewFrame(event, args...)
	if err != nil {
		s.Drop()
		return
	}
	s.Send(frame)
}
