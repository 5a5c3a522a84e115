//go:build integration

package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	server := serve(t, "ALLOWED_ORIGINS=https://app.example.org")
	ada := registered(t, server, "ada")
	status := func(r result) map[string]any {
		all := map[string]any{}
		for _, f := range decode(t, r.out) {
			all[f["check"].(string)] = f["status"]
		}
		return all
	}
	healthy := map[string]any{
		"dns": "ok", "tls": "skipped", "api": "ok", "cors": "ok", "websocket": "ok", "long-polling": "ok", "clock": "ok",
		"message over websocket": "ok", "message over long-polling": "ok",
	}
	r := ada.with("", "doctor", "--json", "--origin", "https://app.example.org")
	assert.Zero(t, r.code)
	assert.Equal(t, healthy, status(r))
	assert.Equal(t, "failed", status(ada.with("", "doctor", "--json", "--origin", "https://elsewhere.example.org"))["cors"])
	assert.Len(t, ada.objects("list"), 1, "one group for all examinations")

	stranger := newPerson(t, server, "stranger")
	assert.Equal(t, "skipped", status(stranger.with("", "doctor", "--json"))["message over websocket"])

	t.Run("behind a proxy without WebSocket", func(t *testing.T) {
		target, err := url.Parse(server)
		require.NoError(t, err)
		pass := httputil.NewSingleHostReverseProxy(target)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Upgrade")
			pass.ServeHTTP(w, r)
		}))
		defer proxy.Close()
		ben := registered(t, proxy.URL, "ben")
		r := ben.with("", "doctor", "--json")
		got := status(r)
		assert.Equal(t, exitFailure, r.code)
		assert.Equal(t, "failed", got["websocket"])
		assert.Equal(t, "skipped", got["message over websocket"])
		assert.Equal(t, "ok", got["long-polling"])
		assert.Equal(t, "ok", got["message over long-polling"])
		assert.Contains(t, r.out, "Upgrade")
	})
	t.Run("of another server", func(t *testing.T) {
		other := httptest.NewTLSServer(http.NotFoundHandler())
		defer other.Close()
		r := newPerson(t, other.URL, "ben").with("", "doctor", "--json")
		got := status(r)
		assert.Equal(t, "failed", got["tls"])
		assert.Equal(t, "failed", got["api"])
		assert.Equal(t, exitFailure, r.code)
	})
	t.Run("where nothing listens", func(t *testing.T) {
		r := newPerson(t, "http://127.0.0.1:1", "ben").with("", "doctor")
		assert.Contains(t, r.out, "refused")
		assert.Contains(t, r.errOut, "checks failed")
	})
}
