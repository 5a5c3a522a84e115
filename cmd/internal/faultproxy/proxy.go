// Package faultproxy is a TCP proxy that stands between two parts of a system under test and lets the way between them fail:
// slow, narrow, cut, or silent. For tests; it imports nothing of ours.
package faultproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is what the connections through a Proxy suffer. The zero Fault is none. Faults add up.
type Fault struct {
	// Latency and up to Jitter more pass, each way, before what was read is passed on. As in a network with small windows,
	// more latency also means less throughput: 32 KiB may be under way.
	Latency, Jitter time.Duration
	// BytesPerSecond bounds what one connection carries each way; 0 is no bound.
	BytesPerSecond int
	// CutWithin resets every connection after a random part of this time; 0 resets none.
	CutWithin time.Duration
	// Swallow leaves connections open, takes new ones, and passes nothing on. What was swallowed is gone, so that
	// connections are reset when it ends.
	Swallow bool
}

// Proxy passes connections on to one address. It is safe for concurrent use.
type Proxy struct {
	target string
	relay  relay
	ln     net.Listener
	stop   context.CancelFunc
	links  sync.WaitGroup

	mu      sync.Mutex
	fault   Fault
	changed chan struct{} // closed when fault is replaced

	suffered atomic.Int64
}

const (
	dialTimeout = 2 * time.Second
	chunk       = 32 << 10
)

// Start returns a proxy for target, host:port, on a free port of 127.0.0.1. The caller closes it.
func Start(target string) (*Proxy, error) {
	return start(target, func(*Proxy) (relay, error) { return readChunk, nil })
}

func start(target string, newRelay func(*Proxy) (relay, error)) (*Proxy, error) {
	ctx, stop := context.WithCancel(context.Background()) //nolint:forbidigo // lives until Close
	var cfg net.ListenConfig
	ln, err := cfg.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		stop()
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	p := &Proxy{target: target, ln: ln, stop: stop, changed: make(chan struct{})}
	if p.relay, err = newRelay(p); err != nil {
		stop()
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	p.links.Go(func() { p.accept(ctx) })
	return p, nil
}

// Addr returns where the proxy listens, host:port.
func (p *Proxy) Addr() string { return p.ln.Addr().String() }

// Set replaces the fault, for connections that are open as well as for new ones.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
}

// Suffered returns how often something was delayed, swallowed or cut: a test that sees 0 has tested nothing.
func (p *Proxy) Suffered() int64 { return p.suffered.Load() }

// Close cuts every connection and returns when nothing of the proxy runs any more.
func (p *Proxy) Close() {
	p.stop()
	_ = p.ln.Close()
	p.links.Wait()
}

// now returns the fault of the moment, and what is closed when it is replaced.
func (p *Proxy) now() (Fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.changed
}

func (p *Proxy) accept(ctx context.Context) {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return // closed
		}
		p.links.Go(func() { p.serve(ctx, client) })
	}
}

func (p *Proxy) serve(ctx context.Context, client net.Conn) {
	dialer := net.Dialer{Timeout: dialTimeout}
	server, err := dialer.DialContext(ctx, "tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	ctx, end := context.WithCancel(ctx)
	l := &link{proxy: p, client: client, server: server, ctx: ctx, end: end}
	fault, changed := p.now() // before anything is read: what is swallowed from here on is noticed
	p.links.Go(func() { l.watch(fault, changed) })
	var pumps sync.WaitGroup
	pumps.Go(func() { l.pump(server, client, readChunk) })
	pumps.Go(func() { l.pump(client, server, p.relay) })
	pumps.Wait()
	_ = client.Close() // with a goodbye, if the link has not been cut
	_ = server.Close()
	l.end()
}

// link is one connection through the proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	ctx            context.Context // of the link
	end            context.CancelFunc
}

// watch cuts the link when its time has come.
func (l *link) watch(fault Fault, changed <-chan struct{}) {
	for {
		var cut <-chan time.Time
		if fault.CutWithin > 0 {
			cut = time.After(rand.N(fault.CutWithin))
		}
		select {
		case <-cut:
			l.proxy.suffered.Add(1)
			l.cut()
			return
		case <-changed:
			if fault.Swallow {
				l.cut()
				return
			}
			fault, changed = l.proxy.now()
		case <-l.ctx.Done(): // over, or the proxy closes
			l.cut()
			return
		}
	}
}

// cut resets both sides: a goodbye would be a kindness that broken networks do not show.
func (l *link) cut() {
	l.end()
	reset(l.client)
	reset(l.server)
}

func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0) // fails only if it is closed already, as does Close
	_ = c.Close()
}

// relay reads what is to be passed on next; buf may hold it.
type relay func(from net.Conn, buf []byte) ([]byte, error)

func readChunk(from net.Conn, buf []byte) ([]byte, error) {
	n, err := from.Read(buf)
	return buf[:n], err
}

// pump passes on what comes one way, and its end. Any other failure cuts the link.
func (l *link) pump(to, from net.Conn, read relay) {
	buf := make([]byte, chunk)
	for {
		data, err := read(from, buf)
		switch {
		case len(data) > 0 && !l.pass(to, data):
			l.cut()
			return
		case errors.Is(err, io.EOF):
			_ = to.(*net.TCPConn).CloseWrite() // fails only if the link is cut
			return
		case err != nil:
			l.cut()
			return
		}
	}
}

// pass writes data as the fault of the moment allows; false if the link has ended.
func (l *link) pass(to net.Conn, data []byte) bool {
	fault, _ := l.proxy.now()
	wait := fault.Latency
	if fault.Jitter > 0 {
		wait += rand.N(fault.Jitter)
	}
	if fault.BytesPerSecond > 0 {
		wait += time.Duration(len(data)) * time.Second / time.Duration(fault.BytesPerSecond)
	}
	if wait > 0 || fault.Swallow {
		l.proxy.suffered.Add(1)
	}
	if fault.Swallow {
		return true
	}
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-l.ctx.Done():
			return false
		}
	}
	_, err := to.Write(data)
	return err == nil
}
