package socketio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

// poll is a GET that waits. The session's mu guards all but wake.
type poll struct {
	wake   chan struct{} // holds one signal: look again
	late   bool          // it came after the WebSocket that is to take over
	noopAt time.Time     // when to end it for the upgrade's sake; zero: not at all
	noop   bool          // that time has come
}

// rouse makes the GET look at its session again.
func (p *poll) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// servePolling serves a request of a session that exists.
func (s *session) servePolling(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		s.serveGet(w, r)
	case http.MethodPost:
		s.servePost(w, r)
	default:
		refuse(w, eio.BadRequest)
	}
}

// serveGet answers with what is queued, waiting for it if need be.
func (s *session) serveGet(w http.ResponseWriter, r *http.Request) {
	p, err := s.beginPoll()
	if err != nil {
		refuse(w, err)
		return
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // a poll outlasts a server's global timeouts, where it has any
	_ = rc.SetWriteDeadline(time.Time{})
	for {
		select {
		case <-p.wake:
		case <-r.Context().Done():
		}
		if r.Context().Err() != nil { // the client hung up: what it would miss cannot be told from the rest
			s.end(ReasonTransportClose, cutConnection)
			return
		}
		body, done, err := s.answer(p)
		switch {
		case err != nil:
			refuse(w, err)
			return
		case done:
			if err := s.respond(w, rc, body); err != nil {
				s.end(ReasonTransportClose, cutConnection)
			}
			return
		}
	}
}

// beginPoll registers a GET. A second one next to it breaks the protocol and ends the session.
func (s *session) beginPoll() (*poll, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.pollable(); err != nil {
		return nil, err
	}
	if s.poll != nil {
		s.shut(ReasonTransportError, melody.CloseNormalClosure)
		return nil, eio.BadRequest
	}
	s.poll = &poll{wake: make(chan struct{}, 1), late: s.upgrade != nil}
	s.endPollSoon()
	s.flush()
	return s.poll, nil
}

// pollable tells whether polling carries the session. mu is held.
func (s *session) pollable() error {
	s.expire(time.Now())
	switch {
	case s.state == stateClosed:
		return eio.UnknownSession
	case s.ws != nil:
		return eio.BadRequest
	}
	return nil
}

// answer returns the body for p, or done false if there is nothing to say yet. p is over when it
// returns an answer or an error.
func (s *session) answer(p *poll) (body []byte, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if done || err != nil {
			s.poll = nil
		}
	}()
	noop := eio.Packet{Type: eio.Noop}.Wire().Data
	switch {
	case s.state == stateClosed:
		return eio.Packet{Type: s.goodbye}.Wire().Data, true, nil
	case s.ws != nil && p.late:
		return nil, false, eio.BadRequest
	case s.ws != nil:
		return noop, true, nil
	case len(s.queue) > 0:
		return s.batch(), true, nil
	case s.state == stateLeaving:
		s.shut(s.reason, s.closeCode)
		return eio.Packet{Type: eio.Close}.Wire().Data, true, nil
	case p.noop:
		return noop, true, nil
	}
	return nil, false, nil
}

// batch takes as many packets off the queue as MaxPayload allows, one at least. A close packet is
// never among them: the JS client acts on it before it hands out what stood in front. mu is held.
func (s *session) batch() []byte {
	var body []byte
	n := 0
	for _, w := range s.queue {
		if n > 0 && len(body)+eio.PayloadSize(w) > s.srv.cfg.MaxPayload {
			break
		}
		body = eio.AppendPayload(body, w)
		n++
	}
	s.dequeue(n)
	return body
}

// respond writes a payload and waits until it has left, WriteTimeout at most.
func (s *session) respond(w http.ResponseWriter, rc *http.ResponseController, body []byte) error {
	_ = rc.SetWriteDeadline(time.Now().Add(s.srv.cfg.WriteTimeout))
	defer func() { _ = rc.SetWriteDeadline(time.Time{}) }() // the connection serves other requests, too
	writePayload(w, body)
	if err := rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// servePost handles the packets of one POST, in order, before it answers.
func (s *session) servePost(w http.ResponseWriter, r *http.Request) {
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "application/octet-stream" {
		refuse(w, eio.BadRequest)
		return
	}
	if err := s.beginPost(); err != nil {
		refuse(w, err)
		return
	}
	defer s.endPost()
	body, err := s.readBody(w, r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "payload too large", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		s.end(ReasonTransportClose, cutConnection)
		refuse(w, eio.BadRequest)
		return
	}
	if err := s.receivePayload(body); err != nil {
		refuse(w, eio.BadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok") // the packets are in; whether the client hears of it changes nothing
}

func (s *session) beginPost() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.pollable(); err != nil {
		return err
	}
	if s.posting {
		s.shut(ReasonTransportError, melody.CloseNormalClosure)
		return eio.BadRequest
	}
	s.posting = true
	return nil
}

func (s *session) endPost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posting = false
}

// readBody reads at most MaxPayload bytes, for no longer than a silent client may live.
func (s *session) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(s.srv.cfg.PingInterval + s.srv.cfg.PingTimeout))
	defer func() { _ = rc.SetReadDeadline(time.Time{}) }()
	return io.ReadAll(http.MaxBytesReader(w, r.Body, int64(s.srv.cfg.MaxPayload)))
}

// receivePayload handles packets up to the first that breaks the protocol, which ends the session.
func (s *session) receivePayload(body []byte) error {
	s.inbound.Lock()
	defer s.inbound.Unlock()
	packets, broken := eio.DecodePayload(body)
	for _, p := range packets {
		if err := s.receive(p); err != nil {
			return err
		}
	}
	if broken != nil {
		s.end(ReasonParseError, melody.CloseProtocolError)
	}
	return broken
}

// writePayload writes a polling answer.
func writePayload(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // respond learns of a failure from Flush
}

// refuse answers a request that breaks the rules.
func refuse(w http.ResponseWriter, reason error) {
	var fault eio.Fault
	if !errors.As(reason, &fault) {
		fault = eio.BadRequest
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(fault.Status())
	_, _ = w.Write(fault.Body())
}
