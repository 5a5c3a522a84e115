package socketio

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

const (
	// window is how many messages a WebSocket's writer gets ahead; the rest waits in the
	// session's own queue, which grows only when needed. Melody allocates its buffer in full
	// for every connection, and drops what does not fit.
	window = 4

	never = 100 * 365 * 24 * time.Hour // for melody's own heartbeat: Engine.IO's decides

	readBuffer  = 256
	writeBuffer = 512 // shared through a pool; longer frames go out without a copy
)

// hub runs the WebSockets on melody and brings their messages to the sessions. Melody's own
// broadcasts are not used.
type hub struct {
	melody *melody.Melody
	srv    *Server
	apart  apart

	mu       sync.RWMutex
	sessions map[*melody.Session]*session
}

// arrival is a WebSocket on its way to its session.
type arrival struct {
	session   *session // nil: close it at once
	upgrade   *upgrade // nil: it carries the session from the start
	connected chan struct{}
}

const arrivalKey = "arrival"

func newHub(s *Server) *hub {
	m := melody.New()
	m.Config.WriteWait = s.cfg.WriteTimeout
	m.Config.PingPeriod, m.Config.PongWait = never, never
	m.Config.MaxMessageSize = int64(s.cfg.MaxPayload)
	m.Config.MessageBufferSize = window + 1 // and a close frame
	m.Upgrader.HandshakeTimeout = s.cfg.WriteTimeout
	m.Upgrader.ReadBufferSize, m.Upgrader.WriteBufferSize = readBuffer, writeBuffer
	m.Upgrader.WriteBufferPool = &sync.Pool{}
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true } // ServeHTTP has checked it
	m.Upgrader.Error = func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
		refuseWebSocket(w, reason)
	}

	h := &hub{melody: m, srv: s, sessions: make(map[*melody.Session]*session)}
	m.HandleConnect(h.connected)
	m.HandleMessage(func(ms *melody.Session, data []byte) { h.message(ms, eio.Wire{Data: data}) })
	m.HandleMessageBinary(func(ms *melody.Session, data []byte) {
		h.message(ms, eio.Wire{Data: data, Binary: true})
	})
	m.HandleSentMessage(h.sent)
	m.HandleSentMessageBinary(h.sent)
	m.HandleError(failed)
	m.HandleDisconnect(h.disconnected)
	return h
}

// accept turns a request into a WebSocket for a. It returns once the WebSocket has joined its
// session, or false if there is none. The connection lives on in goroutines of its own, so that
// the HTTP handler can return and net/http's buffers with it.
func (h *hub) accept(w http.ResponseWriter, r *http.Request, a *arrival) bool {
	a.connected = make(chan struct{})
	refused := make(chan struct{})
	h.srv.enter()
	go h.run(w, r, map[string]any{arrivalKey: a}, refused)
	select {
	case <-a.connected:
		return true
	case <-refused:
		return false
	}
}

// run serves one WebSocket until it ends.
func (h *hub) run(w http.ResponseWriter, r *http.Request, keys map[string]any, refused chan<- struct{}) {
	defer h.srv.exit()
	if a := keys[arrivalKey].(*arrival); a.session != nil {
		w = gathering{w, a.session, a.upgrade == nil}
	}
	if err := h.melody.HandleRequestWithKeys(w, r, keys); err != nil {
		close(refused)
	}
}

// connected comes before anything else of ms.
func (h *hub) connected(ms *melody.Session) {
	a := ms.Keys[arrivalKey].(*arrival)
	ms.Request, ms.Keys = nil, nil // a kilobyte that would live as long as the connection
	defer close(a.connected)
	if a.session == nil {
		hangUp(ms, melody.CloseNormalClosure)
		return
	}
	h.mu.Lock()
	h.sessions[ms] = a.session
	h.mu.Unlock()
	if a.upgrade == nil {
		a.session.carriedBy(ms)
	} else {
		a.session.upgradeArrived(a.upgrade, ms)
	}
}

func (h *hub) session(ms *melody.Session) *session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.sessions[ms]
}

// cutAll ends the connections of sessions that are over but could not write their last words yet.
func (h *hub) cutAll() {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for ms := range h.sessions {
		hangUp(ms, cutConnection)
	}
}

func (h *hub) message(ms *melody.Session, w eio.Wire) {
	s := h.session(ms)
	if s == nil {
		return
	}
	if p, err := w.Packet(); err == nil && p.Type == eio.Message {
		h.apart.do(func() { s.fromWebSocket(ms, w) })
		return
	}
	s.fromWebSocket(ms, w)
}

func (h *hub) sent(ms *melody.Session, _ []byte) {
	if s := h.session(ms); s != nil {
		s.written(ms)
	}
}

// disconnected comes once and last for ms.
func (h *hub) disconnected(ms *melody.Session) {
	h.mu.Lock()
	s := h.sessions[ms]
	delete(h.sessions, ms)
	h.mu.Unlock()
	if s != nil {
		s.lost(ms)
	}
}

// failed cuts a connection of which melody has just dropped a message. The window rules that
// out; should it ever happen, silence would be worse. Every other error ends in disconnected. It
// runs inside Write, with the session's mu held, and must not write itself: melody would recurse.
func failed(ms *melody.Session, err error) {
	if errors.Is(err, melody.ErrMessageBufferFull) {
		hangUp(ms, cutConnection)
	}
}

// hangUp ends a WebSocket: with a close frame behind what melody has yet to write, or by cutting
// the connection. What follows, disconnected among it, happens on melody's goroutines.
func hangUp(ms *melody.Session, closeCode int) {
	if closeCode == cutConnection {
		_ = ms.WebsocketConnection().Close() // fails only if it is closed already
		return
	}
	_ = ms.CloseWithMsg(melody.FormatCloseMessage(closeCode, "")) // the same
}

// carriedBy makes ms the carrier of a session that begins with it.
func (s *session) carriedBy(ms *melody.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed { // while the WebSocket was on its way
		hangUp(ms, melody.CloseServiceRestart)
		return
	}
	s.ws = ms
	s.flush()
}

// writable reports whether the WebSocket's writer takes another message. mu is held.
func (s *session) writable() bool { return s.ws != nil && s.inFlight < window }

// writesMore reports whether the WebSocket's writer is certain to write again after what it is writing now.
func (s *session) writesMore() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inFlight > 1
}

// write gives ms one message. A connection that is gone reports itself to lost. mu is held.
func (s *session) write(ms *melody.Session, w eio.Wire) {
	if s.inFlight == 0 && s.writeDirectly(ms, w) {
		return
	}
	s.inFlight++
	if w.Binary {
		_ = ms.WriteBinary(w.Data)
	} else {
		_ = ms.Write(w.Data)
	}
}

// written follows every message that has left through ms.
func (s *session) written(ms *melody.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has(ms) {
		s.inFlight--
		s.flush()
	}
}

// fromWebSocket handles a message that came in through ms.
func (s *session) fromWebSocket(ms *melody.Session, w eio.Wire) {
	s.inbound.Lock()
	defer s.inbound.Unlock()
	s.mu.Lock()
	carries := s.ws == ms
	s.mu.Unlock()
	p, err := w.Packet()
	switch {
	case !carries:
		s.probe(ms, p, err)
	case err != nil:
		s.end(ReasonParseError, melody.CloseProtocolError)
	default:
		_ = s.receive(p) // the session has ended itself if this fails
	}
}

// lost tells that ms is gone.
func (s *session) lost(ms *melody.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.has(ms):
	case s.ws == ms:
		s.shut(ReasonTransportClose, cutConnection)
	default:
		s.abandonUpgrade()
	}
}

// has reports whether ms carries the session or is about to. mu is held.
func (s *session) has(ms *melody.Session) bool {
	return s.ws == ms || s.upgrade != nil && s.upgrade.ms == ms
}

// wantsWebSocket reports whether r asks to become a WebSocket.
func wantsWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// refuseWebSocket answers a WebSocket's request as the Node server does, with 400 for everything.
func refuseWebSocket(w http.ResponseWriter, reason error) {
	http.Error(w, reason.Error(), http.StatusBadRequest)
}
