package wiring_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/fx/fxtest"

	"chatsystem/adapters/httpapi"
	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/wiring"
)

// stops records whose hooks are called when a program stops.
type stops struct{ callers []string }

func (s *stops) LogEvent(e fxevent.Event) {
	if e, ok := e.(*fxevent.OnStopExecuting); ok {
		s.callers = append(s.callers, e.CallerName[strings.LastIndex(e.CallerName, "/")+1:])
	}
}

func TestRequestsEndBeforeWhatServesThem(t *testing.T) {
	for name, build := range builds(t) {
		t.Run(name, func(t *testing.T) {
			var s stops
			fxtest.New(t, build, fx.WithLogger(func() fxevent.Logger { return &s })).RequireStart().RequireStop()
			require.NotEmpty(t, s.callers)
			served := 0
			for served < len(s.callers) && s.callers[served] == "wiring.serve" {
				served++
			}
			assert.Positive(t, served)
			assert.NotContains(t, s.callers[served:], "wiring.serve")
		})
	}
}

// The limits hold although neither Redis nor Postgres is there.
func TestServicesLimitRatesUnlessToldNotTo(t *testing.T) {
	for limits, last := range map[string]int{"on": http.StatusTooManyRequests, "off": http.StatusServiceUnavailable} {
		t.Run(limits, func(t *testing.T) {
			url := startUserService(t, "RATE_LIMITS", limits) + "/api/users/auth/refresh"
			status := 0
			for range 125 { // the limit is 120
				status = post(t, url, `{"refresh_token":"`+strings.Repeat("x", 43)+`"}`)
			}
			assert.Equal(t, last, status)
		})
	}
}

// startUserService returns where it listens.
func startUserService(t *testing.T, changes ...string) (url string) {
	t.Helper()
	cfg := load[config.UserService](t, environment(t, changes...))
	logged, log := io.Pipe()
	app := fxtest.New(t, wiring.UserService(context.Background(), cfg, slog.New(slog.NewJSONHandler(log, nil))), fx.NopLogger)
	listening := make(chan string, 1)
	go func() {
		var line struct{ Msg, Addr string }
		for lines := json.NewDecoder(logged); lines.Decode(&line) == nil; {
			if line.Msg == "listening" {
				listening <- line.Addr
			}
		}
	}()
	app.RequireStart()
	t.Cleanup(func() {
		app.RequireStop()
		assert.NoError(t, log.Close())
	})
	return "http://" + <-listening
}

// The store is not there: what is let in gets 503.
func TestTheSecretOfServicesIsChangedWhileTheyRun(t *testing.T) {
	other := strings.Repeat("o", 32)
	file := filepath.Join(t.TempDir(), "other")
	require.NoError(t, os.WriteFile(file, []byte(other), 0o600))
	for name, tc := range map[string]struct {
		shown  string
		status int
	}{
		"its own":       {strings.Repeat("s", 32), http.StatusServiceUnavailable},
		"the other one": {other, http.StatusServiceUnavailable},
		"a third one":   {strings.Repeat("x", 32), http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			url := startUserService(t, "SERVICE_SECRET_OTHER_FILE", file) + "/internal/users/sessions/revoked"
			credential, err := httpapi.ServiceCredential([]byte(tc.shown))
			require.NoError(t, err)
			body := `{"session_ids":["0192f5d0-0000-7000-8000-000000000001"]}`
			assert.Equal(t, tc.status, post(t, url, body, "X-Service-Credential", credential))
		})
	}
}

func post(t *testing.T, url, body string, header ...string) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	return res.StatusCode
}
