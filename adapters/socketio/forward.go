package socketio

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chatsystem/adapters/socketio/eio"
)

// ForwardConfig is what a gateway needs to pass requests on to others. All gateways of a system
// have the same Sealer key, Credential and Server timeouts.
type ForwardConfig struct {
	Address    string  // where the other gateways reach this one, host:port; its session ids name it
	Sealer     *Sealer // makes Config.NewSessionID, by Seal(Address)
	Credential string  // proves to another gateway that a request was passed on; a secret of printable ASCII
	MaxHops    int     // requests passed on at a time; 0 means DefaultMaxHops

	// Dial connects to another gateway. Nil is TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// DefaultMaxHops is how many requests a gateway passes on at a time. Each is a client that waits here
// for another gateway, and takes a connection to it, two more goroutines and about 50 kB.
const DefaultMaxHops = 4096

// HopHeader carries the credential of a request that a gateway has passed on. Other requests with
// this header are served as if they had none.
const HopHeader = "X-Gateway-Hop"

// Validate reports everything that is wrong with the settings at once.
func (c ForwardConfig) Validate() error {
	var errs []error
	host, port, err := net.SplitHostPort(c.Address)
	if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || portErr != nil || n == 0 {
		errs = append(errs, fmt.Errorf("address %q, want host:port", c.Address))
	} else if len(c.Address) > MaxSealedAddress {
		errs = append(errs, fmt.Errorf("address has %d bytes, want at most %d", len(c.Address), MaxSealedAddress))
	}
	if c.Sealer == nil {
		errs = append(errs, errors.New("no sealer"))
	}
	if c.Credential == "" || strings.ContainsFunc(c.Credential, func(r rune) bool { return r < ' ' || r > '~' }) {
		errs = append(errs, errors.New("credential is empty or no line of printable ASCII"))
	}
	if c.MaxHops < 0 {
		errs = append(errs, fmt.Errorf("max hops is %d, want a positive number", c.MaxHops))
	}
	return errors.Join(errs...)
}

// Forwarder is a Server that passes requests for sessions of other gateways on to them, so that
// clients need not come back to the same gateway. It is an http.Handler, safe for concurrent use.
// End it, and with it the Server, with Drain or Close.
//
// A request is passed on at most once, by one gateway, and never repeated. If no answer comes, the
// session is unknown (400, code 1), and the client opens another one. An answer that breaks off
// breaks off for the client, too.
type Forwarder struct {
	cfg       ForwardConfig
	server    *Server
	transport *http.Transport
	slots     chan struct{} // one is held by each request on its way

	forwarded, failed atomic.Int64

	mu       sync.Mutex
	tunnels  map[*hop]struct{} // the WebSockets among them
	draining bool
}

// NewForwarder returns a Forwarder in front of s, whose Config.NewSessionID seals cfg.Address.
// It fails on invalid settings.
func NewForwarder(cfg ForwardConfig, s *Server) (*Forwarder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("forwarding settings: %w", err)
	}
	if cfg.MaxHops == 0 {
		cfg.MaxHops = DefaultMaxHops
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	return &Forwarder{
		cfg:       cfg,
		server:    s,
		transport: newHopTransport(cfg.Dial),
		slots:     make(chan struct{}, cfg.MaxHops),
		tunnels:   make(map[*hop]struct{}),
	}, nil
}

// ServeHTTP serves the protocol's requests, here or by another gateway.
func (f *Forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sess, err := f.server.check(r)
	if errors.Is(err, eio.UnknownSession) && !f.hopped(r) {
		if owner, ok := f.owner(r); ok {
			f.forward(w, r, owner)
			return
		}
	}
	f.server.serve(w, r, sess, err)
}

// hopped reports whether another gateway has passed r on.
func (f *Forwarder) hopped(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.Header.Get(HopHeader)), []byte(f.cfg.Credential)) == 1
}

// owner returns the address of the gateway that has the session of r, if it is another one.
func (f *Forwarder) owner(r *http.Request) (address string, ok bool) {
	address, ok = f.cfg.Sealer.Open(r.URL.Query().Get("sid"))
	return address, ok && address != f.cfg.Address
}

// Forwarded returns how many requests were passed on so far.
func (f *Forwarder) Forwarded() int64 { return f.forwarded.Load() }

// ForwardFailed returns how many requests for sessions of other gateways got no answer from them,
// clients that left early aside. Those refused because MaxHops were on their way count, too, but
// not as Forwarded.
func (f *Forwarder) ForwardFailed() int64 { return f.failed.Load() }

// Hops returns how many requests are on their way at the moment, MaxHops at most.
func (f *Forwarder) Hops() int { return len(f.slots) }

// Tunnels returns how many of the Hops are WebSockets.
func (f *Forwarder) Tunnels() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.tunnels)
}

// Drain is Server.Drain, and over the same period cuts the WebSockets that lead to other gateways.
// Polling requests are passed on until the process ends: their sessions go on, and the next request
// may go to any gateway. One that waits may do so for a PingInterval after Drain has returned.
func (f *Forwarder) Drain(ctx context.Context, period time.Duration) error {
	tunnels := f.refuseTunnels()
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		spread(ctx, period, len(tunnels), func(i int) { tunnels[i].cancel() })
	}()
	err := f.server.Drain(ctx, period)
	<-cut
	for _, h := range tunnels { // those whose turn did not come
		h.cancel()
	}
	return err
}

// Close is Drain without a period.
func (f *Forwarder) Close(ctx context.Context) error { return f.Drain(ctx, 0) }

// refuseTunnels stops new WebSockets to other gateways and returns those there are.
func (f *Forwarder) refuseTunnels() []*hop {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.draining = true
	list := make([]*hop, 0, len(f.tunnels))
	for h := range f.tunnels {
		list = append(list, h)
	}
	return list
}
