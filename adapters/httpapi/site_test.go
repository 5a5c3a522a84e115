package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/tracing"
	"chatsystem/domain"
	"chatsystem/ports"
)

// fakeTokens accepts "user:<id>", knows one expired token and one of which it cannot tell.
type fakeTokens struct{}

func (fakeTokens) VerifyAccess(token string) (ports.AccessClaims, error) {
	if token == "expired" {
		return ports.AccessClaims{}, domain.ErrTokenExpired
	}
	if token == "unsettled" {
		return ports.AccessClaims{}, fmt.Errorf("keys: %w", domain.ErrUnavailable)
	}
	user, ok := strings.CutPrefix(token, "user:")
	if !ok {
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
	return ports.AccessClaims{User: domain.UserID(user), Session: "s1"}, nil
}

// testSite is a server of some routes whose log and metrics can be read.
type testSite struct {
	http.Handler
	log     *lockedBuffer
	metrics *prometheus.Registry
}

func newTestSite(t *testing.T, cfg Config, routes ...Routes) testSite {
	t.Helper()
	s := testSite{log: &lockedBuffer{}, metrics: prometheus.NewRegistry()}
	log := slog.New(tracing.NewLogHandler(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	h, err := NewHandler(cfg, log, s.metrics, fakeTokens{}, routes...)
	require.NoError(t, err)
	s.Handler = h
	return s
}

func (s testSite) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// logged returns the lines of the log that have the message.
func (s testSite) logged(t *testing.T, message string) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(s.log.String()) {
		var entry map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if entry["msg"] == message {
			lines = append(lines, entry)
		}
	}
	return lines
}

// operationRoute puts a handler where an operation of the document would be.
func operationRoute(method, path string, h http.HandlerFunc) Routes {
	return func(m *mount) { m.api.Method(method, path, h) }
}

func failingRoute(path string, err error) Routes {
	return func(m *mount) {
		m.data.Get(path, func(w http.ResponseWriter, r *http.Request) { m.site.fail(w, r, err) })
	}
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func request(method, target, body string) *http.Request {
	var b io.Reader
	if body != "" {
		b = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, b)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// requireProblem checks that an answer is a whole problem and returns it.
func requireProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code string) problem {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body.String())
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	var p problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, code, p.Code)
	require.Equal(t, status, p.Status)
	require.Equal(t, http.StatusText(status), p.Title)
	require.Equal(t, "about:blank", p.Type)
	require.NotEmpty(t, p.Detail)
	return p
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
