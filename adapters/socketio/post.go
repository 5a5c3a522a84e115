package socketio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

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
	body, err := s.srv.readBody(w, r)
	if err != nil {
		if !isTooLarge(err) {
			s.end(ReasonTransportClose, cutConnection)
		}
		refuseBody(w, err)
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
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(s.cfg.PingInterval + s.cfg.PingTimeout))
	defer func() { _ = rc.SetReadDeadline(time.Time{}) }()
	return io.ReadAll(http.MaxBytesReader(w, r.Body, int64(s.cfg.MaxPayload)))
}

func isTooLarge(err error) bool {
	var tooLarge *http.MaxBytesError
	return errors.As(err, &tooLarge)
}

// refuseBody answers a POST that could not be read.
func refuseBody(w http.ResponseWriter, err error) {
	if isTooLarge(err) {
		http.Error(w, "payload too large", http.StatusRequestEntityTooLarge)
		return
	}
	refuse(w, eio.BadRequest)
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
