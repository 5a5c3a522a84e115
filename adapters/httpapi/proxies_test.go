package httpapi

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"
)

func TestTheClientsAddressComesFromTrustedProxiesOnly(t *testing.T) {
	cases := map[string]struct {
		trusted   []string
		peer      string
		forwarded []string
		want      string
	}{
		"nobody is trusted":                  {nil, "192.0.2.9:1", []string{"198.51.100.1"}, "192.0.2.9"},
		"a trusted proxy that names nobody":  {[]string{"10.0.0.0/8"}, "10.1.2.3:1", nil, "10.1.2.3"},
		"none but trusted proxies":           {[]string{"10.0.0.0/8"}, "10.1.2.3:1", []string{"10.9.9.9"}, "10.1.2.3"},
		"a trusted proxy by IPv6":            {[]string{"fe80::/10"}, "[fe80::1%eth0]:1", nil, "fe80::1%eth0"},
		"a trusted proxy is believed":        {[]string{"10.0.0.0/8"}, "10.1.2.3:1", []string{"198.51.100.1"}, "198.51.100.1"},
		"a stranger is not":                  {[]string{"10.0.0.0/8"}, "192.0.2.9:1", []string{"198.51.100.1"}, "192.0.2.9"},
		"what a client put in front is not":  {[]string{"10.0.0.0/8"}, "10.1.2.3:1", []string{"203.0.113.7, 198.51.100.1"}, "198.51.100.1"},
		"a chain of trusted proxies":         {[]string{"10.0.0.0/8"}, "10.1.2.3:1", []string{"198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		"a client of a private network":      {[]string{"172.31.250.10", "172.31.250.11"}, "172.31.250.10:1", []string{"192.168.1.50"}, "192.168.1.50"},
		"a neighbour of the proxy":           {[]string{"172.31.250.10"}, "172.31.250.130:1", []string{"192.168.1.50"}, "172.31.250.130"},
		"an IPv6 peer":                       {nil, "[2001:db8::1]:1", nil, "2001:db8::1"},
		"nonsense from a proxy is no client": {[]string{"10.0.0.0/8"}, "10.1.2.3:1", []string{"nonsense"}, "10.1.2.3"},
		"no address at all":                  {[]string{"10.0.0.0/8"}, "@", []string{"198.51.100.1"}, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := "none"
			s := newTestSite(t, Config{TrustedProxies: tc.trusted}, func(m *mount) {
				m.data.Get("/x", func(_ http.ResponseWriter, r *http.Request) { got = middleware.GetClientIP(r.Context()) })
			})
			r := request(http.MethodGet, "/x", "")
			r.RemoteAddr, r.Header["X-Forwarded-For"] = tc.peer, tc.forwarded
			s.do(r)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestHTTPSIsKnownFromTheConnectionOrATrustedProxy(t *testing.T) {
	cases := map[string]struct {
		peer, proto string
		tls         bool
		want        bool
	}{
		"plain":                {"10.1.2.3:1", "", false, false},
		"by the connection":    {"192.0.2.9:1", "", true, true},
		"by a trusted proxy":   {"10.1.2.3:1", "https", false, true},
		"a trusted proxy says": {"10.1.2.3:1", "http", false, false},
		"a stranger claims":    {"192.0.2.9:1", "https", false, false},
		"no address at all":    {"@", "https", false, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got bool
			s := newTestSite(t, Config{TrustedProxies: []string{"10.0.0.0/8"}}, func(m *mount) {
				m.data.Get("/x", func(_ http.ResponseWriter, r *http.Request) { got = exchangeOf(r.Context()).https })
			})
			r := request(http.MethodGet, "/x", "")
			r.RemoteAddr = tc.peer
			r.Header.Set("X-Forwarded-Proto", tc.proto)
			if tc.tls {
				r.TLS = &tls.ConnectionState{}
			}
			s.do(r)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestEveryFaultOfTheConfigurationIsReported(t *testing.T) {
	require.NoError(t, Config{AllowedOrigins: []string{"http://localhost:3000"}, TrustedProxies: []string{"10.0.0.0/8", "::1/128"}}.Validate())
	err := Config{AllowedOrigins: []string{"localhost"}, TrustedProxies: []string{"10.0.0"}}.Validate()
	require.ErrorContains(t, err, "localhost")
	require.ErrorContains(t, err, "10.0.0")
}

func TestATrustedProxyIsANetworkOrAnAddress(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3/8": "10.0.0.0/8", "10.1.2.3": "10.1.2.3/32", "::ffff:10.1.2.3": "10.1.2.3/32", "2001:db8::1": "2001:db8::1/128", "fd00::/8": "fd00::/8",
	} {
		got, err := ParseNetwork(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String())
	}
	for _, text := range []string{"", "10.0.0", "localhost", "10.0.0.0/33", "fe80::1%eth0"} {
		_, err := ParseNetwork(text)
		require.ErrorContains(t, err, "10.0.0.0/8", text)
	}
}
