package socketio

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"chatsystem/adapters/socketio/eio"
)

// Server is the Socket.IO endpoint, an http.Handler to be mounted at any path. It is safe for
// concurrent use. End it with Drain or Close.
type Server struct {
	cfg         Config
	hub         *hub
	newReceiver func(*session) receiver
	started     time.Time
	agenda      *agenda

	mu       sync.Mutex
	sessions map[string]*session
	draining bool
	running  int           // sessions not finished, WebSockets not ended
	idle     chan struct{} // closed once draining and nothing runs
}

// NewServer returns a server that tells h what happens. It fails on invalid settings.
func NewServer(cfg Config, h Handler) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("socket.io settings: %w", err)
	}
	return newServer(cfg, func(s *session) receiver { return &client{session: s, handler: h} }), nil
}

func newServer(cfg Config, newReceiver func(*session) receiver) *Server {
	s := &Server{
		cfg:         cfg.withFallbacks(),
		newReceiver: newReceiver,
		started:     time.Now(),
		sessions:    make(map[string]*session),
		idle:        make(chan struct{}),
	}
	s.hub = newHub(s)
	s.agenda = newAgenda(s.started)
	return s
}

// ServeHTTP serves the protocol's requests. It looks at method, query and headers, never at the
// path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sess, err := s.check(r)
	s.serve(w, r, sess, err)
}

// serve answers r by what check has found.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, sess *session, err error) {
	switch ws := wantsWebSocket(r); {
	case err != nil && ws:
		refuseWebSocket(w, err)
	case err != nil:
		refuse(w, err)
	case sess != nil && ws:
		s.serveUpgrade(w, r, sess)
	case sess != nil:
		sess.servePolling(w, r)
	default:
		s.serveHandshake(w, r, ws)
	}
}

const (
	transportPolling   = "polling"
	transportWebSocket = "websocket"
	protocolVersion    = "4"
)

// check applies the protocol's checks in the protocol's order. The session is nil for a
// handshake.
func (s *Server) check(r *http.Request) (*session, error) {
	query := r.URL.Query()
	transport := query.Get("transport")
	if transport != transportPolling && transport != transportWebSocket {
		return nil, eio.UnknownTransport
	}
	fits := wantsWebSocket(r) == (transport == transportWebSocket)
	if sid := query.Get("sid"); sid != "" {
		sess := s.session(sid)
		switch {
		case sess == nil:
			return nil, eio.UnknownSession
		case !fits:
			return nil, eio.BadRequest
		case transport == transportWebSocket && !s.cfg.CheckOrigin(r):
			return nil, eio.Forbidden
		}
		return sess, nil
	}
	switch {
	case r.Method != http.MethodGet:
		return nil, eio.BadHandshakeMethod
	case !fits:
		return nil, eio.BadRequest
	case query.Get("EIO") != protocolVersion:
		return nil, eio.UnsupportedVersion
	case !s.cfg.CheckOrigin(r):
		return nil, eio.Forbidden
	}
	return nil, nil
}

// serveHandshake opens a session.
func (s *Server) serveHandshake(w http.ResponseWriter, r *http.Request, ws bool) {
	sess, err := s.open(r, ws)
	if errors.Is(err, errDraining) || errors.Is(err, errFull) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	} else if err != nil {
		http.Error(w, "cannot open a session", http.StatusInternalServerError)
		return
	}
	if !ws {
		writePayload(w, s.handshake(sess.id, transportWebSocket).Data)
		return
	}
	if !s.hub.accept(w, r, &arrival{session: sess}) {
		sess.end(ReasonTransportError, cutConnection)
	}
}

func (s *Server) handshake(sid string, upgrades ...string) eio.Wire {
	return eio.Handshake{
		SID:          sid,
		Upgrades:     upgrades,
		PingInterval: s.cfg.PingInterval,
		PingTimeout:  s.cfg.PingTimeout,
		MaxPayload:   s.cfg.MaxPayload,
	}.Wire()
}

var (
	errDraining  = errors.New("server is shutting down")
	errFull      = errors.New("server has as many sessions as it takes")
	errSIDExists = errors.New("session id is in use")
)

// open makes a session and registers it.
func (s *Server) open(r *http.Request, ws bool) (*session, error) {
	id, err := s.cfg.NewSessionID()
	if err != nil {
		return nil, fmt.Errorf("session id: %w", err)
	}
	sess := s.newSession(id, r)
	if ws {
		sess.queue = []eio.Wire{s.handshake(id)} // the first thing its WebSocket carries
	}
	sess.start()
	if err := s.register(sess); err != nil {
		s.agenda.drop(sess)
		return nil, err
	}
	return sess, nil
}

func (s *Server) register(sess *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		return errDraining
	case len(s.sessions) >= s.cfg.MaxSessions:
		return errFull
	}
	if _, ok := s.sessions[sess.id]; ok {
		return errSIDExists
	}
	s.sessions[sess.id] = sess
	s.running++ // until finish
	return nil
}

func (s *Server) session(sid string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[sid]
}

func (s *Server) forget(sess *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, sess.id)
}

// Sessions returns the number of open sessions: clients connected, in however many namespaces.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

func (s *Server) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		list = append(list, sess)
	}
	return slices.Clip(list)
}

// enter counts something that Drain waits for; exit ends it.
func (s *Server) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
}

func (s *Server) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.checkIdle()
}
