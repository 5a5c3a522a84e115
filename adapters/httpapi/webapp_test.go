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
	for _, path := range []string{"/", "/c/019ab1c2-0000-7000-8000-0000000000c1", "/settings/sessions", "/settings", "/invites/", "/register"} {
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

func TestWhatIsNoPageOfTheAppIsNotThere(t *testing.T) {
	s := newTestSite(t, Config{}, WebAppRoutes(fstest.MapFS{"index.html": {Data: []byte("the page")}, "assets/a.js": {Data: []byte("x")}}))
	for _, path := range []string{
		"/health", "/metric", "/docs", "/anything", "/c", "/c/", "/c/a/b/c", "/settings/a/b", "//", "//api/users/me", "/./api", "/assets", "/assets/",
		"/index.htm", "/C/1", "/favicon.ico", "/.env", "/assets/../index.html",
	} {
		requireProblem(t, s.do(httptest.NewRequest(http.MethodGet, "http://chat.test"+path, nil)), http.StatusNotFound, "route_not_found")
	}
}

func TestFilesAreSentAgainOnlyIfTheyChanged(t *testing.T) {
	files := fstest.MapFS{"index.html": {Data: []byte("the page")}, "assets/a.js": {Data: []byte("the script")}}
	s := newTestSite(t, Config{}, WebAppRoutes(files), DocumentRoutes())
	for _, path := range []string{"/", "/c/1", "/assets/a.js", "/openapi.json"} {
		get := func(tag string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("If-None-Match", tag)
			return s.do(r)
		}
		first := get("")
		require.Equal(t, http.StatusOK, first.Code)
		tag := first.Header().Get("ETag")
		require.NotEmpty(t, tag)
		again := get(tag)
		require.Equal(t, http.StatusNotModified, again.Code, path)
		require.Empty(t, again.Body.String())
		require.Equal(t, first.Header().Get("Cache-Control"), again.Header().Get("Cache-Control"))
		require.Equal(t, http.StatusOK, get(`"another"`).Code, path)
	}
	files["index.html"] = &fstest.MapFile{Data: []byte("another page")}
	other := newTestSite(t, Config{}, WebAppRoutes(files))
	require.NotEqual(t, s.do(request(http.MethodGet, "/", "")).Header().Get("ETag"), other.do(request(http.MethodGet, "/", "")).Header().Get("ETag"))
}

func TestAPageIsOnlyRead(t *testing.T) {
	s := newTestSite(t, Config{}, WebAppRoutes(fstest.MapFS{"index.html": {Data: []byte("the page")}}))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		requireProblem(t, s.do(request(method, "/internal/chats/members", "")), http.StatusNotFound, "route_not_found")
	}
	require.Equal(t, http.StatusOK, s.do(request(http.MethodHead, "/settings", "")).Code)
}
