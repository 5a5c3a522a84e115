package httpapi

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// ConnectionLimits are how many connections a server takes; one more is closed at once. 0 is no limit.
type ConnectionLimits struct {
	Total      int
	PerAddress int // of one address (an IPv6 client counts by its /64); those of TrustedProxies are not counted
	// TrustedProxies are networks (CIDR) whose connections stand for many clients.
	TrustedProxies []string
}

// ConnectionLimiter holds the connections of listeners to limits. It is safe for concurrent use.
type ConnectionLimiter struct {
	limits  ConnectionLimits
	trusted proxies
	refused atomic.Int64

	mu   sync.Mutex
	open int
	of   map[netip.Prefix]int // open connections by address; none of an address: no entry
}

// NewConnectionLimiter returns a limiter that has counted nothing yet.
func NewConnectionLimiter(limits ConnectionLimits) (*ConnectionLimiter, error) {
	trusted, err := parseProxies(limits.TrustedProxies)
	if err != nil {
		return nil, err
	}
	return &ConnectionLimiter{limits: limits, trusted: trusted, of: map[netip.Prefix]int{}}, nil
}

// Refused returns how many connections were closed because of the limits.
func (l *ConnectionLimiter) Refused() int64 { return l.refused.Load() }

// Listener returns one that accepts connections of ln up to the limits.
func (l *ConnectionLimiter) Listener(ln net.Listener) net.Listener { return limitedListener{ln, l} }

type limitedListener struct {
	net.Listener
	limiter *ConnectionLimiter
}

// Accept implements net.Listener.
func (ln limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := ln.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l, from := ln.limiter, ln.limiter.addressOf(c)
		if l.take(from) {
			return counted(c, sync.OnceFunc(func() { l.release(from) })), nil
		}
		l.refused.Add(1)
		_ = c.Close()
	}
}

// addressOf returns what a connection counts by; the zero Prefix by nothing.
func (l *ConnectionLimiter) addressOf(c net.Conn) netip.Prefix {
	peer, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil || l.limits.PerAddress == 0 || l.trusted.contain(c.RemoteAddr().String()) {
		return netip.Prefix{}
	}
	addr, bits := peer.Addr().Unmap(), 32
	if addr.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(addr.WithZone(""), bits).Masked()
}

func (l *ConnectionLimiter) take(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limits.Total > 0 && l.open >= l.limits.Total {
		return false
	}
	if from.IsValid() {
		if l.of[from] >= l.limits.PerAddress {
			return false
		}
		l.of[from]++
	}
	l.open++
	return true
}

func (l *ConnectionLimiter) release(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if !from.IsValid() {
		return
	}
	if l.of[from]--; l.of[from] == 0 {
		delete(l.of, from)
	}
}

// counted returns the connection, which calls release when it is closed. What TCP can do besides stays: writing several
// buffers at once.
func counted(c net.Conn, release func()) net.Conn {
	if tcp, ok := c.(*net.TCPConn); ok {
		return &countedTCP{tcp, release}
	}
	return &countedConn{c, release}
}

type countedConn struct {
	net.Conn
	release func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

type countedTCP struct {
	*net.TCPConn
	release func()
}

// Close implements net.Conn.
func (c *countedTCP) Close() error {
	defer c.release()
	return c.TCPConn.Close()
}
