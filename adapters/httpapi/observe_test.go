package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

func TestTheAccessLogSaysWhoAndWhatAndKeepsSecrets(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/search", noContent))
	r := request(http.MethodGet, "/api/users/search?q=ann@example.com", "")
	r.Header.Set("Authorization", "Bearer user:ann")
	r.Header.Set("X-Request-Id", "edge-7")
	s.do(r)

	lines := s.logged(t, "request")
	require.Len(t, lines, 1)
	require.Subset(t, lines[0], map[string]any{
		"level": "INFO", "method": "GET", "route": "/api/users/search", "status": 204.0, "user_id": "ann", "request_id": "edge-7",
	})
	require.Contains(t, lines[0], "took")
	require.NotContains(t, s.log.String(), "ann@example.com")
	require.NotContains(t, s.log.String(), "Bearer")
}

// steps is a Tracer that writes down what it is told.
type steps []string

const (
	callersTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	ownTrace     = domain.Trace("00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01")
)

func (s *steps) ServeRequest(ctx context.Context, method, route string, caller domain.Trace) (context.Context, func(int)) {
	return ports.WithTrace(ctx, ownTrace), func(status int) {
		*s = append(*s, fmt.Sprint(method, " ", route, " ", status, " below ", caller.Step()))
	}
}

func TestARequestIsAStepOfItsCallersTrace(t *testing.T) {
	var traced steps
	var within domain.Trace
	s := newTestSite(t, Config{Tracer: &traced}, HealthRoutes(), operationRoute(http.MethodGet, "/api/users/me", func(w http.ResponseWriter, r *http.Request) {
		within = ports.TraceOf(r.Context())
		noContent(w, r)
	}))
	r := request(http.MethodGet, "/api/users/me", "")
	r.Header.Set("Authorization", "Bearer user:ann")
	r.Header.Set("Traceparent", callersTrace)
	s.do(r)
	s.do(request(http.MethodGet, "/api/users/me", ""))
	s.do(request(http.MethodGet, "/healthz", ""))

	require.Equal(t, steps{"GET /api/users/me 204 below 00f067aa0ba902b7", "GET /api/users/me 401 below "}, traced)
	require.Equal(t, ownTrace, within)
	require.Equal(t, ownTrace.ID(), s.logged(t, "request")[0]["trace_id"])
}

func TestTheAccessLogNamesTheProblem(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", noContent))
	s.do(request(http.MethodGet, "/api/users/me", ""))
	line := s.logged(t, "request")[0]
	require.Subset(t, line, map[string]any{"code": "token_invalid", "status": 401.0})
	require.NotContains(t, line, "user_id")
}

func TestProbesDoNotFillTheLog(t *testing.T) {
	s := newTestSite(t, Config{}, HealthRoutes())
	s.do(request(http.MethodGet, "/healthz", ""))
	require.Equal(t, "DEBUG", s.logged(t, "request")[0]["level"])
}

func TestLatencyIsMeasuredByRoutePattern(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodDelete, "/api/users/me/sessions/{session_id}", noContent))
	for _, id := range []string{"a", "b"} {
		r := request(http.MethodDelete, "/api/users/me/sessions/"+id, "")
		r.Header.Set("Authorization", "Bearer user:ann")
		s.do(r)
	}
	s.do(request("BREW", "/api/users/me/sessions/a", ""))
	s.do(request(http.MethodGet, "/some/"+strings.Repeat("x", 50), ""))

	require.Equal(t, map[string]uint64{
		"DELETE /api/users/me/sessions/{session_id} 204": 2,
		"other unmatched 405":                            1,
		"GET unmatched 404":                              1,
	}, measured(t, s))
}

// measured returns how many requests were measured by method, route and status.
func measured(t *testing.T, s testSite) map[string]uint64 {
	t.Helper()
	families, err := s.metrics.Gather()
	require.NoError(t, err)
	counts := map[string]uint64{}
	for _, family := range families {
		if family.GetName() != "http_request_duration_seconds" {
			continue
		}
		for _, m := range family.GetMetric() {
			label := map[string]string{}
			for _, pair := range m.GetLabel() {
				label[pair.GetName()] = pair.GetValue()
			}
			counts[label["method"]+" "+label["route"]+" "+label["status"]] = m.GetHistogram().GetSampleCount()
		}
	}
	return counts
}

func TestEveryAnswerHasARequestID(t *testing.T) {
	s := newTestSite(t, Config{}, HealthRoutes())
	cases := map[string]struct {
		sent string
		kept bool
	}{
		"none":             {"", false},
		"one of a proxy":   {"req-1.A_b", true},
		"one too long":     {strings.Repeat("a", 65), false},
		"one with a break": {"a\tb", false},
		"one that is loud": {"<script>", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := request(http.MethodGet, "/healthz", "")
			r.Header.Set("X-Request-Id", tc.sent)
			got := s.do(r).Header().Get("X-Request-Id")
			require.NotEmpty(t, got)
			require.Equal(t, tc.kept, got == tc.sent)
		})
	}
}
