package socketio_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

const hopCredential = "gateways know each other by this"

// member is one gateway of a cluster, with a client of its own.
type member struct {
	world
	address   string
	forwarder *socketio.Forwarder
	kill      func()
}

// cluster is a few gateways, and clients of a front that asks them in turn.
type cluster struct {
	*siotest.Network
	members []*member
	sealer  *socketio.Sealer
	front   *siotest.Client
	dials   atomic.Int64 // connections that gateways began
}

// inCluster runs f against n gateways, with virtual time.
func inCluster(t *testing.T, cfg socketio.Config, n int, f func(t *testing.T, c *cluster)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { waitFor(time.Second) }) // net/http lingers on a connection it closes early
		c := &cluster{Network: siotest.NewNetwork(t), sealer: newSealer(t, "k")}
		var all roundRobin
		for i := range n {
			m := c.add(t, cfg, socketio.ForwardConfig{Address: fmt.Sprintf("gateway-%d:8080", i)})
			c.members = append(c.members, m)
			all.add(m.forwarder)
		}
		c.Serve("front:80", &all)
		c.front = c.Client("front:80")
		f(t, c)
	})
}

func (c *cluster) add(t *testing.T, cfg socketio.Config, fwd socketio.ForwardConfig) *member {
	t.Helper()
	fwd.Sealer, fwd.Credential = c.sealer, hopCredential
	fwd.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c.dials.Add(1)
		return c.Dial(ctx, network, addr)
	}
	cfg.NewSessionID = func() (string, error) { return c.sealer.Seal(fwd.Address) }
	server, h := newServer(t, cfg)
	forwarder, err := socketio.NewForwarder(fwd, server)
	require.NoError(t, err)
	kill := c.Serve(fwd.Address, forwarder)
	return &member{world{c.Client(fwd.Address), h, server}, fwd.Address, forwarder, kill}
}

// roundRobin asks one gateway after the other, whoever the client is.
type roundRobin struct {
	mu       sync.Mutex
	handlers []http.Handler
	next     int
}

func (f *roundRobin) add(h http.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers = append(f.handlers, h)
}

func (f *roundRobin) remove(dead http.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers = slices.DeleteFunc(f.handlers, func(h http.Handler) bool { return h == dead })
}

func (f *roundRobin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.next++
	h := f.handlers[f.next%len(f.handlers)]
	f.mu.Unlock()
	h.ServeHTTP(w, r)
}

func (*roundRobin) Close(context.Context) error { return nil }

// startGateway serves a gateway on loopback until the test ends.
func startGateway(t testing.TB, cfg socketio.Config, h socketio.Handler) (*httptest.Server, *socketio.Forwarder) {
	t.Helper()
	late := &lateForwarder{}
	web := httptest.NewServer(late)
	address, sealer := web.Listener.Addr().String(), newSealer(t, "k")
	cfg.NewSessionID = func() (string, error) { return sealer.Seal(address) }
	server, err := socketio.NewServer(cfg, h)
	require.NoError(t, err)
	late.Forwarder, err = socketio.NewForwarder(socketio.ForwardConfig{Address: address, Sealer: sealer, Credential: hopCredential}, server)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, late.Close(context.Background()))
		web.Close()
	})
	return web, late.Forwarder
}

// lateForwarder is served before its address is known.
type lateForwarder struct{ *socketio.Forwarder }

const unknownSession = `{"code":1,"message":"Session ID unknown"}`

func requireUnknown(t *testing.T, a siotest.Answer) {
	t.Helper()
	require.NoError(t, a.Err)
	require.Equal(t, http.StatusBadRequest, a.Status)
	require.Equal(t, unknownSession, a.Body)
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
}
