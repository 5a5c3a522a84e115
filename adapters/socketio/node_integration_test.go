//go:build integration

package socketio_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
)

// TestStockNodeClient runs testdata/node/client.test.mjs, the real socket.io-client, against a
// server of ours. Its packages are installed from the lockfile when they are missing.
func TestStockNodeClient(t *testing.T) {
	dir := nodeFolder(t)
	server, err := socketio.NewServer(nodeSettings(), &nodePartner{counted: map[string]int{}})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", server)
	mux.Handle("/ws/socket.io/", server)
	web := httptest.NewServer(mux)
	defer web.Close()
	defer func() { require.NoError(t, server.Close(t.Context())) }()

	t.Setenv("SERVER_URL", web.URL)
	run(t, dir, "node", "--test", "client.test.mjs")
	require.Eventually(t, func() bool { return server.Sessions() == 0 }, 5*time.Second, 10*time.Millisecond)
}

func nodeSettings() socketio.Config {
	cfg := socketio.DefaultConfig()
	cfg.PingInterval = 300 * time.Millisecond
	cfg.SendQueue = 20_000 // the test sends faster than a client polls
	return cfg
}

// nodeFolder returns where the client's tests and packages are.
func nodeFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "testdata", "node")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		run(t, dir, "npm", "ci", "--ignore-scripts")
	}
	return dir
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// nodePartner is the handler that client.test.mjs talks to.
type nodePartner struct {
	mu      sync.Mutex
	counted map[string]int // by socket: how many count events came in order
}

func (*nodePartner) Connect(s *socketio.Socket, auth json.RawMessage) {
	emit(s, "hello", map[string]any{"namespace": s.Namespace(), "auth": auth})
}

func (p *nodePartner) Event(s *socketio.Socket, name string, args socketio.Args, ack socketio.Ack) {
	switch name {
	case "echo":
		// The client takes one value for the answer: all arguments in an array.
		_ = ack(socketio.Args{Values: []json.RawMessage{array(args)}, Attachments: args.Attachments})
	case "say":
		var event string
		_ = json.Unmarshal(args.Values[0], &event)
		emit(s, event, args.Values[1])
	case "count":
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := p.counted[s.ID()]; number(args) == n {
			p.counted[s.ID()] = n + 1
		}
	case "counted":
		p.mu.Lock()
		defer p.mu.Unlock()
		_ = ack(p.counted[s.ID()])
	case "numbers":
		go count(s, number(args))
	case "drop":
		emit(s, "error", map[string]string{"code": "token_expired"})
		s.Drop()
	case "kick":
		emit(s, "error", map[string]string{"code": "bad_token"})
		s.Disconnect()
	}
}

func (*nodePartner) Disconnect(*socketio.Socket, string) {}

// count emits 0, 1, 2, …, a hundred every few milliseconds.
func count(s *socketio.Socket, total int) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := range total {
		if n%100 == 0 {
			<-tick.C
		}
		emit(s, "number", n)
	}
}

func number(args socketio.Args) (n int) {
	_ = json.Unmarshal(args.Values[0], &n)
	return n
}

func array(args socketio.Args) json.RawMessage {
	raw, err := json.Marshal(args.Values)
	if err != nil {
		panic(err)
	}
	return raw
}

func emit(s *socketio.Socket, event string, args ...any) {
	f, err := socketio.NewFrame(event, args...)
	if err != nil {
		panic(err)
	}
	s.Send(f)
}
