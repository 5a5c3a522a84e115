package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
)

// proxies are the networks whose hosts are believed when they say who the client is.
type proxies []netip.Prefix

func parseProxies(networks []string) (proxies, error) {
	var p proxies
	for _, network := range networks {
		prefix, err := ParseNetwork(network)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy: %w", err)
		}
		p = append(p, prefix)
	}
	return p, nil
}

// ParseNetwork reads a network, or the address of one host.
func ParseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", s)
	}
	return prefix.Masked(), nil
}

// clientIP finds the client's address: what trusted proxies say in X-Forwarded-For, else the peer's. A proxy that names
// no client is one itself, as are other services and probes on its network.
func (p proxies) clientIP() func(http.Handler) http.Handler {
	if len(p) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	networks := make([]string, len(p))
	for i, prefix := range p {
		networks[i] = prefix.String()
	}
	forwarded := middleware.ClientIPFromXFF(networks...) // changes nothing where it finds no client
	return func(next http.Handler) http.Handler { return middleware.ClientIPFromRemoteAddr(forwarded(next)) }
}

// noteHTTPS notes whether the client came by HTTPS, to this server or, as a trusted one says, to a proxy.
func (p proxies) noteHTTPS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forwarded := strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
		exchangeOf(r.Context()).https = r.TLS != nil || forwarded && p.contain(r.RemoteAddr)
		next.ServeHTTP(w, r)
	})
}

func (p proxies) contain(remoteAddr string) bool {
	peer, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return false
	}
	for _, prefix := range p {
		if prefix.Contains(peer.Addr().Unmap()) {
			return true
		}
	}
	return false
}
