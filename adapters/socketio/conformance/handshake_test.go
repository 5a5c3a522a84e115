package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/internal/siotest"
)

func requireHandshake(t *testing.T, open string, upgrades []any) {
	t.Helper()
	require.Equal(t, "0", open[:1])
	var keys map[string]any
	require.NoError(t, json.Unmarshal([]byte(open[1:]), &keys))
	require.GreaterOrEqual(t, len(keys["sid"].(string)), 20) // 15 random bytes
	delete(keys, "sid")
	require.Equal(t, map[string]any{
		"upgrades": upgrades, "pingInterval": 300.0, "pingTimeout": 200.0, "maxPayload": 1000000.0,
	}, keys)
}

func TestAPollingHandshakeOffersTheUpgrade(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		a := c.Get("EIO=4&transport=polling&t=cachebuster")
		require.Equal(t, http.StatusOK, a.Status)
		require.Equal(t, "text/plain; charset=UTF-8", a.Header.Get("Content-Type"))
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		requireHandshake(t, a.Body, []any{"websocket"})
	})
}

func TestAWebSocketHandshakeOffersNone(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		requireHandshake(t, c.WebSocket("").Read(), []any{})
	})
}

func TestEverySessionHasItsOwnID(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		require.NotEqual(t, c.Open(), c.Open())
	})
}

func TestBadRequestsAreRefusedInTheProtocolsOrder(t *testing.T) {
	tests := map[string]struct {
		method, query, body string
		origin              string
		status              int
	}{
		"no transport":                       {query: "EIO=4", body: `{"code":0,"message":"Transport unknown"}`},
		"an unknown transport":               {query: "EIO=4&transport=abc", body: `{"code":0,"message":"Transport unknown"}`},
		"the transport is looked at first":   {query: "transport=abc&sid=no", method: "PUT", body: `{"code":0,"message":"Transport unknown"}`},
		"an unknown session":                 {query: "EIO=4&transport=polling&sid=no", body: `{"code":1,"message":"Session ID unknown"}`},
		"an unknown session comes second":    {query: "transport=polling&sid=no", method: "PUT", body: `{"code":1,"message":"Session ID unknown"}`},
		"a handshake by POST":                {query: "EIO=4&transport=polling", method: "POST", body: `{"code":2,"message":"Bad handshake method"}`},
		"a handshake by PUT":                 {query: "EIO=4&transport=polling", method: "PUT", body: `{"code":2,"message":"Bad handshake method"}`},
		"the method comes before the EIO":    {query: "transport=polling", method: "POST", body: `{"code":2,"message":"Bad handshake method"}`},
		"a plain GET for a WebSocket":        {query: "EIO=4&transport=websocket", body: `{"code":3,"message":"Bad request"}`},
		"a page of another site":             {query: "EIO=4&transport=polling", origin: "http://elsewhere.test", status: 403, body: `{"code":4,"message":"Forbidden"}`},
		"no protocol version":                {query: "transport=polling", body: `{"code":5,"message":"Unsupported protocol version"}`},
		"protocol version of the v2 clients": {query: "EIO=3&transport=polling", body: `{"code":5,"message":"Unsupported protocol version"}`},
		"protocol version that is no number": {query: "EIO=abc&transport=polling", body: `{"code":5,"message":"Unsupported protocol version"}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				header := http.Header{}
				if tc.origin != "" {
					header.Set("Origin", tc.origin)
				}
				a := c.Do(t.Context(), tc.method, tc.query, nil, header)
				require.NoError(t, a.Err)
				require.Equal(t, max(tc.status, http.StatusBadRequest), a.Status)
				require.Equal(t, "application/json", a.Header.Get("Content-Type"))
				require.Equal(t, tc.body, a.Body)
			})
		})
	}
}

func TestAWebSocketIsRefusedWith400AndText(t *testing.T) {
	tests := map[string]struct{ query, origin, body string }{
		"no transport":           {query: "EIO=4", body: "Transport unknown"},
		"an unknown transport":   {query: "EIO=4&transport=abc", body: "Transport unknown"},
		"an upgrade to polling":  {query: "EIO=4&transport=polling", body: "Bad request"},
		"an unknown session":     {query: "EIO=4&transport=websocket&sid=no", body: "Session ID unknown"},
		"no protocol version":    {query: "transport=websocket", body: "Unsupported protocol version"},
		"the v2 clients":         {query: "EIO=3&transport=websocket", body: "Unsupported protocol version"},
		"a page of another site": {query: "EIO=4&transport=websocket", origin: "http://elsewhere.test", body: "Forbidden"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				header := http.Header{}
				if tc.origin != "" {
					header.Set("Origin", tc.origin)
				}
				a := c.RefusedWebSocket(tc.query, header)
				require.Equal(t, http.StatusBadRequest, a.Status)
				require.Equal(t, "text/plain; charset=utf-8", a.Header.Get("Content-Type"))
				require.Equal(t, tc.body+"\n", a.Body)
			})
		})
	}
}
