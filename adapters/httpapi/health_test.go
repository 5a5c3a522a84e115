package httpapi

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func works(context.Context) error { return nil }

func TestReadinessNamesEachCheck(t *testing.T) {
	broken := Check{Name: "redis", Probe: func(context.Context) error { return errors.New("dial 10.0.0.5: refused") }}
	s := newTestSite(t, Config{}, HealthRoutes(Check{Name: "postgres", Probe: works}, broken))

	w := s.do(request(http.MethodGet, "/readyz", ""))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.JSONEq(t, `{"status":"failing","checks":{"postgres":"ok","redis":"failing"}}`, w.Body.String())
	require.Equal(t, "dial 10.0.0.5: refused", s.logged(t, "not ready")[0]["error"])

	require.Equal(t, http.StatusOK, s.do(request(http.MethodGet, "/healthz", "")).Code, "alive all the same")
}

func TestAServiceIsReadyWhenEveryCheckPasses(t *testing.T) {
	s := newTestSite(t, Config{}, HealthRoutes(Check{Name: "postgres", Probe: works}, Check{Name: "redis", Probe: works}))
	w := s.do(request(http.MethodGet, "/readyz", ""))
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"status":"ok","checks":{"postgres":"ok","redis":"ok"}}`, w.Body.String())
}

func TestWhatIsOptionalDegrades(t *testing.T) {
	fails := func(context.Context) error { return errors.New("refused") }
	s := newTestSite(t, Config{}, HealthRoutes(Check{Name: "postgres", Probe: works}, Check{Name: "redis", Probe: fails, Optional: true}))
	w := s.do(request(http.MethodGet, "/readyz", ""))
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"status":"degraded","checks":{"postgres":"ok","redis":"failing"}}`, w.Body.String())
}

func TestAStoreThatDoesNotAnswerIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := Check{Name: "kafka", Probe: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		s := newTestSite(t, Config{}, HealthRoutes(hangs))
		require.Equal(t, http.StatusServiceUnavailable, s.do(request(http.MethodGet, "/readyz", "")).Code)
	})
}

func TestKeysAndMetricsAreServed(t *testing.T) {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "sent_total"}))
	s := newTestSite(t, Config{}, KeyRoutes(func() []byte { return []byte(`{"keys":[]}`) }), MetricRoutes(metrics))

	w := s.do(request(http.MethodGet, "/.well-known/jwks.json", ""))
	require.JSONEq(t, `{"keys":[]}`, w.Body.String())
	require.Contains(t, w.Header().Get("Cache-Control"), "public")
	require.Contains(t, s.do(request(http.MethodGet, "/metrics", "")).Body.String(), "sent_total 0")
}
