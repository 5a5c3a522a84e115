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
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	web := &http.Server{Handler: e, ReadHeaderTimeout: patience}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = web.Serve(l)
	}()
	c := newClient(t, "in-memory", l.dial)
	t.Cleanup(func() {
		closeEndpoint(t, e)
		c.http.CloseIdleConnections()
		require.NoError(t, web.Close())
		<-served
	})
	return c
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

// pipeListener hands out connections that are net.Pipes: nothing is buffered, so a reader who
// stops reading stops the writer at once.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
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
	close(l.closed)
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "in-memory", Net: "pipe"} }
