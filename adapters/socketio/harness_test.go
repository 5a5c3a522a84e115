package socketio_test

import (
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

func TestMain(m *testing.M) {
	if serveIdleConnections() || serveBareMelody() { // this process is the server of a benchmark
		return
	}
	goleak.VerifyTestMain(m)
}

// recorder is a Handler that writes down what happens and hands sockets to the test.
type recorder struct {
	sockets chan *socketio.Socket
	onEvent func(s *socketio.Socket, name string, args socketio.Args, ack socketio.Ack)

	mu  sync.Mutex
	log []string
}

func newRecorder() *recorder { return &recorder{sockets: make(chan *socketio.Socket, 1000)} }

func (r *recorder) note(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, line)
}

// lines returns what was written down so far.
func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.log...)
}

func (r *recorder) Connect(s *socketio.Socket, auth json.RawMessage) {
	r.note("connect " + s.Namespace() + " " + string(auth))
	r.sockets <- s
}

func (r *recorder) Event(s *socketio.Socket, name string, args socketio.Args, ack socketio.Ack) {
	r.note("event " + s.Namespace() + " " + name)
	if r.onEvent != nil {
		r.onEvent(s, name, args, ack)
	}
}

func (r *recorder) Disconnect(s *socketio.Socket, reason string) {
	r.note("disconnect " + s.Namespace() + " " + reason)
}

// world is a server, its handler and a client.
type world struct {
	*siotest.Client
	handler *recorder
	server  *socketio.Server
}

// settings are the gateway's, with a heartbeat that stays out of the way.
func settings() socketio.Config {
	cfg := socketio.DefaultConfig()
	cfg.PingInterval = 1000 * cfg.PingInterval
	return cfg
}

func newServer(t *testing.T, cfg socketio.Config) (*socketio.Server, *recorder) {
	t.Helper()
	h := newRecorder()
	s, err := socketio.NewServer(cfg, h)
	require.NoError(t, err)
	return s, h
}

// inBubble runs f against a server with these settings, with virtual time.
func inBubble(t *testing.T, cfg socketio.Config, f func(t *testing.T, w world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, h := newServer(t, cfg)
		f(t, inMemory(t, s, h))
	})
}

func inMemory(t *testing.T, s *socketio.Server, h *recorder) world {
	return world{siotest.InMemory(t, s), h, s}
}

// join opens a WebSocket that joined the namespace (written with its comma; "" is the main one).
func (w world) join(t *testing.T, prefix string) (*siotest.WebSocket, *socketio.Socket) {
	t.Helper()
	ws := w.OpenWebSocket()
	ws.Send("40" + prefix)
	require.Contains(t, ws.Read(), "40"+prefix+`{"sid":"`)
	return ws, <-w.handler.sockets
}

// joinByPolling opens a long-polling session that joined the main namespace.
func (w world) joinByPolling(t *testing.T) (sid string, s *socketio.Socket) {
	t.Helper()
	sid = w.Open()
	w.Push(sid, "40")
	require.Contains(t, w.Poll(sid).Body, `40{"sid":"`)
	return sid, <-w.handler.sockets
}

func frame(t testing.TB, event string, args ...any) *socketio.Frame {
	t.Helper()
	f, err := socketio.NewFrame(event, args...)
	require.NoError(t, err)
	return f
}
