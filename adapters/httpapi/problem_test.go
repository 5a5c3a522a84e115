package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestEveryKindOfFaultHasAStatus(t *testing.T) {
	for _, kind := range domain.Kinds() {
		require.GreaterOrEqual(t, statusOf[kind], http.StatusBadRequest, "kind %d", kind)
	}
}

func TestAFaultIsAnsweredAsAProblem(t *testing.T) {
	cases := map[string]struct {
		err    error
		status int
		code   string
	}{
		"a fault keeps its code":                       {domain.ErrAdminOnly, http.StatusForbidden, "admin_only"},
		"a wrapped fault keeps its code":               {fmt.Errorf("step: %w", domain.ErrGroupFull), http.StatusConflict, "group_full"},
		"a used invite is gone":                        {domain.ErrInviteUsed, http.StatusGone, "invite_used"},
		"a down part is 503":                           {domain.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
		"a deadline that passed is 503":                {fmt.Errorf("query: %w", context.DeadlineExceeded), http.StatusServiceUnavailable, "unavailable"},
		"an unknown error is our fault":                {errors.New("duplicate key"), http.StatusInternalServerError, "internal"},
		"an internal fault is not shown":               {&domain.Fault{Kind: domain.KindInternal, Code: "x", Detail: "y"}, http.StatusInternalServerError, "internal"},
		"a cancellation nobody asked for is our fault": {context.Canceled, http.StatusInternalServerError, "internal"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newTestSite(t, Config{}, failingRoute("/x", tc.err))
			requireProblem(t, s.do(request(http.MethodGet, "/x", "")), tc.status, tc.code)
		})
	}
}

func TestFieldsAtFaultAreNamed(t *testing.T) {
	fault := domain.InvalidFields(domain.FieldFault{Field: "a", Code: "length", Detail: "A."}, domain.FieldFault{Field: "b", Code: "format", Detail: "B."})
	s := newTestSite(t, Config{}, failingRoute("/x", fault))
	p := requireProblem(t, s.do(request(http.MethodGet, "/x", "")), http.StatusUnprocessableEntity, "validation_failed")
	require.Equal(t, fault.Fields, p.Errors)
}

func TestAnUnknownErrorIsLoggedOnceAndNotShown(t *testing.T) {
	s := newTestSite(t, Config{}, failingRoute("/x", errors.New("secret table")))
	w := s.do(request(http.MethodGet, "/x", ""))
	require.NotContains(t, w.Body.String(), "secret")

	lines := s.logged(t, "request failed")
	require.Len(t, lines, 1)
	require.Equal(t, "ERROR", lines[0]["level"])
	require.Equal(t, "secret table", lines[0]["error"])
	require.Equal(t, w.Header().Get("X-Request-Id"), lines[0]["request_id"])
}

func TestAFaultOfTheCallerIsNotLoggedAsAFailure(t *testing.T) {
	s := newTestSite(t, Config{}, failingRoute("/x", domain.ErrAdminOnly))
	s.do(request(http.MethodGet, "/x", ""))
	require.Empty(t, s.logged(t, "request failed"))
}

func TestAClientThatWentAwayIsNobodysFault(t *testing.T) {
	s := newTestSite(t, Config{}, failingRoute("/x", fmt.Errorf("query: %w", context.Canceled)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.do(request(http.MethodGet, "/x", "").WithContext(ctx))
	require.Equal(t, "DEBUG", s.logged(t, "request failed")[0]["level"])
}

func TestRetryAfterIsWholeSecondsAndNeverZero(t *testing.T) {
	cases := map[string]struct {
		after time.Duration
		want  string
	}{
		"unknown":         {0, "1"},
		"part of one":     {300 * time.Millisecond, "1"},
		"rounded up":      {1500 * time.Millisecond, "2"},
		"a whole minute":  {time.Minute, "60"},
		"never in future": {-time.Second, "1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newTestSite(t, Config{}, failingRoute("/x", domain.ErrUnavailable.After(tc.after)))
			require.Equal(t, tc.want, s.do(request(http.MethodGet, "/x", "")).Header().Get("Retry-After"))
		})
	}
}

func TestAPanicIs500(t *testing.T) {
	s := newTestSite(t, Config{}, func(m *mount) {
		m.data.Get("/x", func(http.ResponseWriter, *http.Request) { panic("secret state") })
	})
	w := s.do(request(http.MethodGet, "/x", ""))
	requireProblem(t, w, http.StatusInternalServerError, "internal")
	require.NotContains(t, w.Body.String(), "secret")
	require.Contains(t, s.logged(t, "request failed")[0]["error"], "secret state")
}

func TestAnAbortedAnswerCutsTheConnection(t *testing.T) {
	s := newTestSite(t, Config{}, func(m *mount) {
		m.data.Get("/x", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	})
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { s.do(request(http.MethodGet, "/x", "")) })
}

func TestWhatHasNoRouteIsAProblem(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", noContent), operationRoute(http.MethodPatch, "/api/users/me", noContent))
	cases := map[string]struct {
		method, path string
		status       int
		code         string
	}{
		"an unknown path under /api":    {http.MethodGet, "/api/nothing", http.StatusNotFound, "route_not_found"},
		"a path with a slash too many":  {http.MethodGet, "/api/users/me/", http.StatusNotFound, "route_not_found"},
		"an unknown path anywhere":      {http.MethodGet, "/nothing", http.StatusNotFound, "route_not_found"},
		"a method the path lacks":       {http.MethodDelete, "/api/users/me", http.StatusMethodNotAllowed, "method_not_allowed"},
		"a method that does not exist":  {"BREW", "/api/users/me", http.StatusMethodNotAllowed, "method_not_allowed"},
		"a preflight where CORS is off": {http.MethodOptions, "/api/users/me", http.StatusMethodNotAllowed, "method_not_allowed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := s.do(request(tc.method, tc.path, ""))
			requireProblem(t, w, tc.status, tc.code)
			if tc.status == http.StatusMethodNotAllowed {
				require.Equal(t, "GET, PATCH", w.Header().Get("Allow"))
			}
		})
	}
}

func TestTheWebAppIsServedEverywhereButUnderTheAPI(t *testing.T) {
	s := newTestSite(t, Config{}, WebAppRoutes(fstest.MapFS{"index.html": {Data: []byte("app")}, "apis": {Data: []byte("app")}}))
	for _, path := range []string{"/", "/apis"} {
		w := s.do(request(http.MethodGet, path, ""))
		require.Equal(t, "app", w.Body.String(), path)
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "script-src 'self';", "no inline scripts")
	}
	for _, path := range []string{"/api", "/api/", "/api/nothing"} {
		requireProblem(t, s.do(request(http.MethodGet, path, "")), http.StatusNotFound, "route_not_found")
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	s := newTestSite(t, Config{}, DocumentRoutes())
	server := httptest.NewServer(s)
	defer server.Close()
	res, err := server.Client().Head(server.URL + "/openapi.json")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}

func TestDataIsNeitherRunNorKept(t *testing.T) {
	s := newTestSite(t, Config{}, failingRoute("/x", domain.ErrAdminOnly))
	h := s.do(request(http.MethodGet, "/x", "")).Header()
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", h.Get("Cache-Control"))
	require.Equal(t, "DENY", h.Get("X-Frame-Options"))
	require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
}

func TestNobodyWaitsForEverForAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var site *site
		s := newTestSite(t, Config{}, func(m *mount) { site = m.site }, operationRoute(http.MethodPost, "/api/users/auth/refresh",
			func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				site.fail(w, r, fmt.Errorf("query: %w", r.Context().Err()))
			}))
		requireProblem(t, s.do(request(http.MethodPost, "/api/users/auth/refresh", "")), http.StatusServiceUnavailable, "unavailable")
	})
}
