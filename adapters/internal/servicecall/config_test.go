package servicecall

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSettingsAreCheckedBeforeUse(t *testing.T) {
	require.NoError(t, Config{URL: "https://chat-service", Credential: "secret"}.Validate())
	for name, cfg := range map[string]Config{
		"no address":        {Credential: "secret"},
		"no scheme":         {URL: "chat-service:8080", Credential: "secret"},
		"another scheme":    {URL: "ftp://chat-service", Credential: "secret"},
		"no host":           {URL: "http:///x", Credential: "secret"},
		"a user":            {URL: "http://chat:secret@chat-service", Credential: "secret"},
		"a query":           {URL: "http://chat-service?x", Credential: "secret"},
		"no credential":     {URL: "http://chat-service"},
		"nothing at all":    {},
		"an address broken": {URL: "http://chat service", Credential: "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, cfg.Validate())
			assert.NotContains(t, cfg.Validate().Error(), "secret")
			_, err := New(cfg, "chat service")
			require.Error(t, err)
		})
	}
}

// A busy connection would stay with one instance for ever.
func TestConnectionsAreMadeAnewFromTimeToTime(t *testing.T) {
	connections := map[string]bool{}
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { connections[r.RemoteAddr] = true }))
	defer srv.Close()
	own := NewTransport()
	c, err := New(Config{URL: srv.URL, Credential: "secret", Transport: own}, "chat service")
	require.NoError(t, err)
	for range 5 {
		require.NoError(t, do(t, c))
	}
	require.Len(t, connections, 1)
	own.(*transport).dropped.Store(time.Now().Add(-freshTime).UnixNano())
	for range 5 {
		require.NoError(t, do(t, c))
	}
	require.Len(t, connections, 2)
}
