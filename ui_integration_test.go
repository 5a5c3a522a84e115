//go:build integration

package chatsystem_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
)

// newUI starts the edge as the ui image does: with the files of a web app.
func newUI(t *testing.T, instances ...*instance) *edge {
	t.Helper()
	e := newEdge(t, instances...)
	e.script("down")
	site, err := filepath.Abs("deploy/nginx/webapp")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(site, filepath.Join(e.dir, "site")))
	for name, text := range map[string]string{
		"index.html": "<title>Chat</title>", "theme.js": "theme()", "assets/index-B1.js": strings.Repeat("main();", 500),
	} {
		path := filepath.Join(e.dir, "webapp", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	e.script("up")
	return e
}

func TestTheUIServesTheWebApp(t *testing.T) {
	e := newUI(t, newInstance(t, "user-service", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("me")) }))
	assert.Equal(t, "me", e.get("/api/users/me").text, "and the API beside it")
	const page = "<title>Chat</title>"
	for path, want := range map[string]struct{ text, contentType, cache string }{
		"/":                   {page, "text/html; charset=utf-8", "no-cache"},
		"/c/1234":             {page, "text/html; charset=utf-8", "no-cache"},
		"/theme.js":           {"theme()", "application/javascript; charset=utf-8", "no-cache"},
		"/assets/index-B1.js": {"main();", "application/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
	} {
		got := e.get(path)
		assert.Equal(t, http.StatusOK, got.StatusCode, path)
		assert.Contains(t, got.text, want.text, path)
		assert.Equal(t, want.contentType, got.Header.Get("Content-Type"), path)
		assert.Equal(t, want.cache, got.Header.Get("Cache-Control"), path)
		assert.Equal(t, pagePolicy(t), got.Header.Get("Content-Security-Policy"), path)
		assert.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"), path)
	}
	for _, path := range []string{"/assets/index-B0.js", "/docs", "/conversations/1234", "/c/1/2/3", "/settings/a/b", "/nginx.conf", "/site/files.conf", "/log/nginx.log", "/api/none", "/metrics", "/internal/x"} {
		got := e.get(path)
		assert.Equal(t, http.StatusNotFound, got.StatusCode, path)
		assert.Contains(t, got.text, "route_not_found", path)
		assert.NotContains(t, got.Header.Get("Cache-Control"), "immutable", path)
	}
}

// pagePolicy is what the one-process server sends with its pages.
func pagePolicy(t *testing.T) string {
	t.Helper()
	h, err := httpapi.NewHandler(httpapi.Config{}, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), nil,
		httpapi.WebAppRoutes(fstest.MapFS{"index.html": {Data: []byte("page")}}))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	policy := w.Header().Get("Content-Security-Policy")
	require.NotEmpty(t, policy)
	return policy
}
