package wiring_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/wiring"
)

// While a program lets its connections go it still serves, and says that it is not to be sent more.
func TestADrainingProgramIsNotReady(t *testing.T) {
	for name, build := range map[string]func(addr string) fx.Option{
		"chat serve": func(addr string) fx.Option {
			cfg := load[config.Chat](t, environment(t, "HTTP_ADDR", addr, "DRAIN_PERIOD", "20s"))
			return wiring.Chat(context.Background(), cfg, slog.New(slog.DiscardHandler), func(net.Addr) {})
		},
		"gateway": func(addr string) fx.Option {
			cfg := load[config.Gateway](t, environment(t, "HTTP_ADDR", addr, "DRAIN_PERIOD", "20s"))
			return wiring.Gateway(context.Background(), cfg, slog.New(slog.DiscardHandler))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := freeAddress(t)
			app := fxtest.New(t, build(addr), fx.NopLogger).RequireStart()
			for range 50 { // each takes its 20 ms to go
				require.Equal(t, http.StatusOK, get(t, addr, "/socket.io/?EIO=4&transport=polling", nil))
			}
			stopped := make(chan error, 1)
			go func() { stopped <- app.Stop(context.Background()) }()
			require.Eventually(t, func() bool {
				var health struct{ Status string }
				status := get(t, addr, "/readyz", &health)
				return status == http.StatusServiceUnavailable && health.Status == "draining"
			}, time.Second, time.Millisecond)
			require.Equal(t, http.StatusOK, get(t, addr, "/healthz", nil))

			require.NoError(t, <-stopped)
		})
	}
}

// get returns the status, and decodes the answer unless into is nil.
func get(t *testing.T, addr, path string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	if into != nil {
		require.NoError(t, json.NewDecoder(res.Body).Decode(into))
	}
	return res.StatusCode
}

func freeAddress(t *testing.T) string {
	t.Helper()
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}
