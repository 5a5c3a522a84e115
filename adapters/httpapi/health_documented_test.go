package httpapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
)

func TestEveryStateOfHealthIsDocumented(t *testing.T) {
	works := func(context.Context) error { return nil }
	fails := func(context.Context) error { return errors.New("refused") }
	for want, tc := range map[string]struct {
		check    httpapi.Check
		draining bool
		status   int
	}{
		"ok":       {httpapi.Check{Name: "redis", Probe: works}, false, http.StatusOK},
		"degraded": {httpapi.Check{Name: "redis", Probe: fails, Optional: true}, false, http.StatusOK},
		"failing":  {httpapi.Check{Name: "redis", Probe: fails}, false, http.StatusServiceUnavailable},
		"draining": {httpapi.Check{Name: "redis", Probe: works}, true, http.StatusServiceUnavailable},
	} {
		t.Run(want, func(t *testing.T) {
			clock := &manualClock{now: time.Now()}
			cfg := httpapi.Config{Draining: func() bool { return tc.draining }}
			handler, err := httpapi.NewHandler(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), testTokens{clock}, httpapi.HealthRoutes(tc.check))
			require.NoError(t, err)
			w := &world{t: t, handler: handler, clock: clock} // holds every answer against the document
			require.Equal(t, want, into[object](t, w.send("GET", "/readyz", "", nil), tc.status).text("status"))
			require.Equal(t, "ok", into[object](t, w.send("GET", "/healthz", "", nil), http.StatusOK).text("status"))
		})
	}
}
