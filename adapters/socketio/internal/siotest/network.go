// Package siotest is a raw client for the tests of package socketio: it speaks HTTP and WebSocket
// but knows nothing of the protocol's rules, so that a test can break them. It runs over an
// in-memory network that testing/synctest understands, which makes every timeout exact, or over
// loopback.
package siotest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// Endpoint is the server under test.
type Endpoint interface {
	http.Handler
	Close(ctx context.Context) error
}

const (
	patience     = time.Minute // for one answer
	closeTimeout = 20 * time.Second
)

// InMemory serves e over pipes, until the test ends, and returns a client of it. Call it inside a
// synctest bubble.
func InMemory(t *testing.T, e Endpoint) *Client {
	t.Helper()
	n := NewNetwork(t)
	n.Serve("in-memory:80", e)
	return n.Client("in-memory:80")
}

// Loopback serves e on a TCP port, until the test ends, and returns a client of it.
func Loopback(t *testing.T, e Endpoint) *Client {
	t.Helper()
	web := httptest.NewServer(e)
	c := newClient(t, web.Listener.Addr().String(), new(net.Dialer).DialContext)
	t.Cleanup(func() {
		closeEndpoint(t, e)
		c.http.CloseIdleConnections()
		web.Close()
	})
	return c
}

func closeEndpoint(t *testing.T, e Endpoint) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	require.NoError(t, e.Close(ctx))
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

func newClient(t *testing.T, host string, dial dialFunc) *Client {
	return &Client{
		t:      t,
		host:   host,
		path:   "/socket.io/",
		http:   &http.Client{Transport: &http.Transport{DialContext: dial}},
		dialer: &websocket.Dialer{NetDialContext: dial, HandshakeTimeout: patience},
	}
}

// Network is a few hosts connected by pipes, for a synctest bubble. Nothing is buffered, so a reader
// who stops reading stops the writer at once.
type Network struct {
	t *testing.T

	mu    sync.Mutex
	hosts map[string]*pipeListener
}

// NewNetwork returns a network without hosts.
func NewNetwork(t *testing.T) *Network {
	return &Network{t: t, hosts: make(map[string]*pipeListener)}
}

// Serve serves e at an address, host:port, until the test ends or kill is called, which cuts all its
// connections.
func (n *Network) Serve(addr string, e Endpoint) (kill func()) {
	n.t.Helper()
	l := n.Listen(addr)
	web := &http.Server{Handler: e, ReadHeaderTimeout: patience}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = web.Serve(l)
	}()
	kill = func() {
		_ = web.Close()
		<-served
	}
	n.t.Cleanup(func() {
		closeEndpoint(n.t, e)
		kill()
	})
	return kill
}

// Listen gives the connections to an address, host:port, to the caller, who must close it.
func (n *Network) Listen(addr string) net.Listener {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[addr] = l
	return l
}

// Client returns a client of an address.
func (n *Network) Client(addr string) *Client {
	c := newClient(n.t, addr, n.Dial)
	n.t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// Dial connects to an address that is served.
func (n *Network) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	l, ok := n.hosts[addr]
	n.mu.Unlock()
	if !ok {
		return nil, syscall.ECONNREFUSED
	}
	return l.dial(ctx)
}

// pipeListener hands out connections that are net.Pipes.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "in-memory", Net: "pipe"} }
