package httpapi

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// DocumentRoutes serves the OpenAPI document at /openapi.json.
func DocumentRoutes() Routes {
	return func(m *mount) { m.data.Get("/openapi.json", m.site.contract.serveDocument) }
}

// KeyRoutes serves the public keys of access tokens at /.well-known/jwks.json; keys returns a JSON Web Key Set.
func KeyRoutes(keys func() []byte) Routes {
	return func(m *mount) {
		m.data.Get("/.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/jwk-set+json")
			w.Header().Set("Cache-Control", "public, max-age=300")
			_, _ = w.Write(keys()) // a client that went away needs no answer
		})
	}
}

// MetricRoutes serves what g gathers at /metrics.
func MetricRoutes(g prometheus.Gatherer) Routes {
	return func(m *mount) { m.data.Handle("/metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{})) }
}

// RealtimeRoutes serves h under each of the paths, such as "/ws/socket.io", and everything below. Opening a session,
// which is a request without "sid", is rate-limited; nothing else stands between h and its long requests.
func RealtimeRoutes(h http.Handler, paths ...string) Routes {
	return func(m *mount) {
		limited := m.site.newLimiter("connect", clientAddress, false).counting(func(*http.Request) int { return 1 })(h)
		open := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("sid") != "" {
				h.ServeHTTP(w, r)
				return
			}
			limited.ServeHTTP(w, r)
		})
		for _, path := range paths {
			m.realtime.Handle(path, open)
			m.realtime.Handle(path+"/*", open)
		}
	}
}
