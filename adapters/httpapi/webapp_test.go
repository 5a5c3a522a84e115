package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestTheWebAppIsServedWhereverItRoutes(t *testing.T) {
	s := newTestSite(t, Config{}, WebAppRoutes(fstest.MapFS{
		"index.html": {Data: []byte("the page")}, "assets/index-1a2b.js": {Data: []byte("the script")},
	}))
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for _, path := range []string{"/", "/c/019ab1c2-0000-7000-8000-0000000000c1", "/settings/sessions", "/invites/"} {
		w := get(path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, "the page", w.Body.String(), path)
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"), path)
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "script-src 'self';", path)
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.Equal(t, "DENY", w.Header().Get("X-Frame-Options"), path)
	}
	script := get("/assets/index-1a2b.js")
	require.Equal(t, "the script", script.Body.String())
	require.Contains(t, script.Header().Get("Cache-Control"), "immutable")
	require.Equal(t, http.StatusNotFound, get("/assets/index-of-an-older-build.js").Code)
}

func TestAPageIsOnlyRead(t *testing.T) {
	s := newTestSite(t, Config{}, WebAppRoutes(fstest.MapFS{"index.html": {Data: []byte("the page")}}))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		requireProblem(t, s.do(request(method, "/internal/chats/members", "")), http.StatusNotFound, "route_not_found")
	}
	require.Equal(t, http.StatusOK, s.do(request(http.MethodHead, "/settings", "")).Code)
}
