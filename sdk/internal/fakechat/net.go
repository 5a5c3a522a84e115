package fakechat

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// URL is where Serve is found by the client it returns.
const URL = "http://chat.test"

// Serve serves h on a network in memory, which time in a testing/synctest bubble waits for, and returns a client whose
// connections all lead there. Stop ends both.
func Serve(h http.Handler) (client *http.Client, stop func()) {
	l := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // ends with ErrServerClosed
	}()
	transport := &http.Transport{DialContext: l.dial}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		l.dropAll()
		<-served
	}
}

// listener is the server's end of a network made of pipes.
type listener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}

	mu  sync.Mutex
	all []net.Conn
}

func (l *listener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, server)
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses further connections.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address of no meaning.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }

// dropAll ends every connection, those taken over by WebSockets too.
func (l *listener) dropAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		_ = c.Close()
	}
}
