//go:build integration

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// eventFault handles the n-th event, among those of all connections.
type eventFault func(n int64, client *websocket.Conn, frame []byte) (send [][]byte, cut bool)

// faultyProxy passes everything on to a server, but for the faults it is told to make.
type faultyProxy struct {
	target *url.URL
	pass   *httputil.ReverseProxy
	// events handles the frames of events to a client; what it returns is sent in their stead. cut ends the connection.
	events eventFault
	// post handles a request to send a message and tells whether it answered it.
	post func(n int64, w http.ResponseWriter, r *http.Request) bool

	announced, posted atomic.Int64
}

func startProxy(t *testing.T, server string, p *faultyProxy) string {
	t.Helper()
	var err error
	p.target, err = url.Parse(server)
	require.NoError(t, err)
	p.pass = httputil.NewSingleHostReverseProxy(p.target)
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return s.URL
}

func (p *faultyProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Upgrade") != "":
		p.relay(w, r)
	case p.post != nil && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages") && p.post(p.posted.Add(1), w, r):
	default:
		p.pass.ServeHTTP(w, r)
	}
}

// relay passes the frames of a WebSocket on.
func (p *faultyProxy) relay(w http.ResponseWriter, r *http.Request) {
	server, answer, err := websocket.DefaultDialer.DialContext(r.Context(), "ws://"+p.target.Host+r.URL.RequestURI(), nil)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	defer server.Close()
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	client, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	go func() {
		defer server.Close()
		for {
			kind, frame, err := client.ReadMessage()
			if err != nil || server.WriteMessage(kind, frame) != nil {
				return
			}
		}
	}()
	defer client.Close()
	for {
		kind, frame, err := server.ReadMessage()
		if err != nil {
			return
		}
		send, cut := [][]byte{frame}, false
		if p.events != nil && bytes.HasPrefix(frame, []byte(`42["message:new"`)) {
			send, cut = p.events(p.announced.Add(1), client, frame)
		}
		for _, f := range send {
			if client.WriteMessage(kind, f) != nil {
				return
			}
		}
		if cut {
			return
		}
	}
}

// dropOne, repeatOne, delayOne and cutOne are faults of the event with a number, among those of all connections.
func dropOne(at int64) eventFault {
	return func(n int64, _ *websocket.Conn, frame []byte) ([][]byte, bool) {
		if n == at {
			return nil, false
		}
		return [][]byte{frame}, false
	}
}

func repeatOne(at int64) eventFault {
	return func(n int64, _ *websocket.Conn, frame []byte) ([][]byte, bool) {
		if n == at {
			return [][]byte{frame, frame}, false
		}
		return [][]byte{frame}, false
	}
}

// delayOne keeps an event back until the same connection gets its next one.
func delayOne(at int64) eventFault {
	type held struct {
		client *websocket.Conn
		frame  []byte
	}
	var late atomic.Pointer[held]
	return func(n int64, client *websocket.Conn, frame []byte) ([][]byte, bool) {
		if n == at {
			late.Store(&held{client, frame})
			return nil, false
		}
		if h := late.Load(); h != nil && h.client == client {
			late.Store(nil)
			return [][]byte{frame, h.frame}, false
		}
		return [][]byte{frame}, false
	}
}

func cutOne(at int64) eventFault {
	return func(n int64, _ *websocket.Conn, frame []byte) ([][]byte, bool) {
		if n == at {
			return nil, true
		}
		return [][]byte{frame}, false
	}
}

// forgetOne answers one send as a server would and forgets the message.
func forgetOne(at int64) func(int64, http.ResponseWriter, *http.Request) bool {
	return func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		if n != at {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"conversation_id":"c","message_id":"m","seq":1000000}`)
		return true
	}
}

// storeTwice has one message stored under another client_msg_id, too.
func (p *faultyProxy) storeTwice(at int64) func(int64, http.ResponseWriter, *http.Request) bool {
	return func(n int64, _ http.ResponseWriter, r *http.Request) bool {
		if n != at {
			return false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return false
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var in map[string]string
		if json.Unmarshal(body, &in) != nil {
			return false
		}
		in["client_msg_id"] += "-again"
		again, _ := json.Marshal(in)
		copied := r.Clone(r.Context())
		copied.Body, copied.ContentLength = io.NopCloser(bytes.NewReader(again)), int64(len(again))
		p.pass.ServeHTTP(httptest.NewRecorder(), copied)
		return false
	}
}
