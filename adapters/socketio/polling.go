package socketio

import (
	"errors"
	"net/http"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

// farewellGrace is how long a client's close waits for the GET that the client sent with it.
const farewellGrace = 50 * time.Millisecond

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
	if s.pollArrived != nil {
		close(s.pollArrived)
		s.pollArrived = nil
	}
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

// awaitPoll waits a moment for a GET, unless one is there or polling does not carry the session.
func (s *session) awaitPoll() {
	s.mu.Lock()
	if s.state != stateOpen || s.ws != nil || s.poll != nil {
		s.mu.Unlock()
		return
	}
	arrived := make(chan struct{})
	s.pollArrived = arrived
	s.mu.Unlock()
	select {
	case <-arrived:
	case <-time.After(farewellGrace):
	}
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
	case s.state == stateClosed && s.reason == ReasonShutdown:
		return nil, false, eio.UnknownSession
	case s.state == stateClosed:
		return eio.Packet{Type: s.goodbye}.Wire().Data, true, nil
	case s.ws != nil && p.late:
		return nil, false, eio.BadRequest
	case s.ws != nil:
		return noop, true, nil
	case len(s.queue) > 0:
		return s.batch(), true, nil
	case s.state == stateLeaving && s.reason == ReasonShutdown:
		// Some clients, python-socketio among them, take a close packet for the end of all; a transport that fails they try
		// again.
		s.shut(s.reason, s.closeCode)
		return nil, false, eio.UnknownSession
	case s.state == stateLeaving:
		s.shut(s.reason, s.closeCode)
		return eio.Packet{Type: eio.Close}.Wire().Data, true, nil
	case p.noop:
		return noop, true, nil
	}
	return nil, false, nil
}

// maxPollPackets is how many packets some clients take in one answer; python-engineio drops a longer one whole, and the
// session.
const maxPollPackets = 16

// batch takes as many packets off the queue as MaxPayload and clients allow, one at least. A close packet is
// never among them: the JS client acts on it before it hands out what stood in front. mu is held.
func (s *session) batch() []byte {
	var body []byte
	n := 0
	for _, w := range s.queue {
		if n == maxPollPackets || n > 0 && len(body)+eio.PayloadSize(w) > s.srv.cfg.MaxPayload {
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
