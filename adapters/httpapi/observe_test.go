package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
