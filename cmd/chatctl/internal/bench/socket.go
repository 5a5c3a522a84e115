package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	socketPath  = "/ws/socket.io/?EIO=4&transport=websocket"
	dialTimeout = 30 * time.Second
	// silence is when a connection counts as dead: the server's heartbeat comes every 25 s.
	silence   = 60 * time.Second
	maxFrame  = 1 << 20
	bufferLen = 1 << 10 // of a connection, for reading: an event is shorter
)

// socket is one live connection over WebSocket, reduced to what a measurement needs, so that one machine holds many: no
// catching up, and one goroutine each.
type socket struct {
	ws    *websocket.Conn
	frame bytes.Buffer // the last one read
}

// writeBuffers are shared: connections write a pong now and then.
var writeBuffers sync.Pool

var errNoSocket = errors.New("not a Socket.IO connection")

// dial returns a connection whose user has been accepted. ctx bounds the dialling only.
func (b *Bench) dial(ctx context.Context, token string) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	target := *b.url
	target.Scheme = map[string]string{"http": "ws", "https": "wss"}[target.Scheme]
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, ReadBufferSize: bufferLen, WriteBufferSize: bufferLen, WriteBufferPool: &writeBuffers}
	ws, answer, err := dialer.DialContext(ctx, target.String()+socketPath, http.Header{"User-Agent": {b.cfg.UserAgent}})
	if answer != nil {
		answer.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	ws.SetReadLimit(maxFrame)
	s := &socket{ws: ws}
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	if err := s.enter(token); err != nil {
		s.close()
		return nil, fmt.Errorf("enter: %w", err)
	}
	return s, nil
}

// enter joins the root namespace and shows the token, by the event that every version of the protocol knows.
func (s *socket) enter(token string) error {
	auth, err := json.Marshal([]any{"authenticate", map[string]string{"token": token}})
	if err != nil {
		return err
	}
	if frame, err := s.read(); err != nil || frame[0] != '0' {
		return errors.Join(err, errNoSocket)
	}
	if err := s.write([]byte("40")); err != nil {
		return err
	}
	if frame, err := s.read(); err != nil || !bytes.HasPrefix(frame, []byte("40")) {
		return errors.Join(err, errNoSocket)
	}
	if err := s.write(append([]byte("42"), auth...)); err != nil {
		return err
	}
	for {
		e, err := s.next()
		if err != nil {
			return err
		}
		if e.name == "authenticated" {
			return nil
		}
	}
}

// event is something the server tells.
type event struct {
	name    string
	payload []byte // the arguments and what closes them; good until the next is read
}

var errEnded = errors.New("the server ended the connection")

// next returns the next event. It answers the heartbeat on the way.
func (s *socket) next() (event, error) {
	for {
		frame, err := s.read()
		if err != nil {
			return event{}, err
		}
		switch {
		case frame[0] == '2':
			if err := s.write([]byte("3")); err != nil {
				return event{}, err
			}
		case bytes.HasPrefix(frame, []byte(`42["`)):
			name, payload, _ := bytes.Cut(frame[len(`42["`):], []byte(`"`))
			if string(name) == "error" {
				return event{}, fmt.Errorf("refused: %s", payload)
			}
			return event{string(name), payload}, nil
		case frame[0] == '1', bytes.HasPrefix(frame, []byte("41")), bytes.HasPrefix(frame, []byte("44")):
			return event{}, errEnded
		}
	}
}

// read returns the next frame, which is not empty.
func (s *socket) read() ([]byte, error) {
	if err := s.ws.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return nil, err
	}
	_, r, err := s.ws.NextReader()
	if err != nil {
		return nil, err
	}
	s.frame.Reset()
	if _, err := s.frame.ReadFrom(r); err != nil {
		return nil, err
	}
	if s.frame.Len() == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return s.frame.Bytes(), nil
}

func (s *socket) write(frame []byte) error {
	if err := s.ws.SetWriteDeadline(time.Now().Add(dialTimeout)); err != nil {
		return err
	}
	return s.ws.WriteMessage(websocket.TextMessage, frame)
}

func (s *socket) close() { _ = s.ws.Close() }
