//go:build integration

package chatsystem_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEdgeRoutes(t *testing.T) {
	e := newEdge(t, echoes(t)...)
	for target, service := range map[string]string{
		"/api/users":             "user-service",
		"/api/users?ids=a,b":     "user-service",
		"/api/users/auth/login":  "user-service",
		"/.well-known/jwks.json": "user-service",
		"/openapi.json":          "user-service",
		"/api/chats/conversations?limit=2&cursor=a%2Fb":    "chat-service",
		"/api/messages/conversations/c/messages":           "message-service",
		"/ws/socket.io/?EIO=4&transport=polling":           "gateway",
		"/socket.io/?EIO=4&transport=polling&sid=a_b-c%3D": "gateway",
		"/socket.io": "gateway",
	} {
		seen := e.get(target).seen(t)
		assert.Equal(t, service, seen.Service, target)
		assert.Equal(t, target, seen.Target)
		assert.Equal(t, e.addr, seen.Host, "with the port, which the services compare with the Origin's")
	}

	health := e.get("/health")
	require.Equal(t, http.StatusOK, health.StatusCode)
	require.Equal(t, "application/json", health.Header.Get("Content-Type"))
	require.JSONEq(t, `{"status":"ok","checks":{}}`, health.text)
}

func TestEdgeIsClosedToWhatIsInternalHoweverItIsSpelt(t *testing.T) {
	instances := echoes(t)
	e := newEdge(t, instances...)
	for _, target := range []string{
		"/", "/api", "/api/", "/api/usersx", "/socket.iox", "/health/x",
		"/internal", "/internal/allocations", "//internal/x", "/INTERNAL/x", "/%69nternal/x", "/%2e/internal/x",
		"/api/users/../../internal/x", "/api/chats/%2e%2e/%2e%2e/internal/x", "/api/chats/..%2f..%2finternal/x",
		"/internal/../api/chats/x", "/internal/%2e%2e/api/chats/x", "/internal/..//api/users/x", "/internal/../socket.io/",
		"/metrics", "/Metrics/", "/metrics?x", "/debug/pprof/heap", "/readyz", "/healthz", "/healthz/",
		"/api/chats/conversations/c/allocate-seq", "/api/chats/conversations/c/allocate-seq/", "/api/chats/conversations/c/allocate-seq?x=1",
		"/api/chats/conversations/c/Allocate-Seq", "/api/chats/conversations/c/allocate%2dseq", "/api/chats/conversations/c%2fallocate-seq",
		"/api/chats/conversations/c//allocate-seq", "//api/chats/conversations/c/allocate-seq", "/api/chats/conversations/c/x/../allocate-seq",
		"/api/chats/conversations/c/allocate-seq/..", "/api/chats/conversations/c/allocate-seq#x", "/api/users/%2e%2e/chats/conversations/c/allocate-seq",
	} {
		a := e.raw(target)
		assert.Equal(t, http.StatusNotFound, a.StatusCode, target)
		a.requireProblem(t, http.StatusNotFound, "route_not_found")
	}
	require.Zero(t, total(instances...), "no service saw any of them")
}

func TestEdgeAloneSaysWhoTheClientIs(t *testing.T) {
	e := newEdge(t, echoes(t)...)
	for _, path := range []string{"/api/chats/x", "/socket.io/"} {
		seen := e.get(path, "X-Real-Ip", "6.6.6.6", "X-Forwarded-For", "6.6.6.6, 7.7.7.7", "X-Forwarded-Proto", "https", "Forwarded", "for=6.6.6.6",
			"X-Service-Credential", "guess", "X_Service_Credential", "guess", "X-Gateway-Hop", "guess", "Traceparent", "00-1-1-01", "Authorization", "Bearer t", "Cookie", "a=b").seen(t)
		assert.Equal(t, []string{"127.0.0.1"}, seen.Header["X-Real-Ip"])
		assert.Equal(t, []string{"127.0.0.1"}, seen.Header["X-Forwarded-For"])
		assert.Equal(t, []string{"http"}, seen.Header["X-Forwarded-Proto"])
		for _, name := range []string{"Forwarded", "X-Service-Credential", "X_service_credential", "X-Gateway-Hop", "Traceparent"} {
			assert.NotContains(t, seen.Header, name)
		}
		assert.Equal(t, "Bearer t", seen.Header.Get("Authorization"))
		assert.Equal(t, "a=b", seen.Header.Get("Cookie"))
	}
}

func TestServicesEndTheConnectionsOfTheEdge(t *testing.T) {
	e := newEdge(t, echoes(t)...)
	for _, path := range []string{"/api/chats/x", "/socket.io/"} {
		assert.Equal(t, []string{"close"}, e.get(path).seen(t).Header["Connection"])
	}
}

func TestEdgeGivesEveryRequestAnID(t *testing.T) {
	e := newEdge(t, echoes(t)...)
	a := e.get("/api/users/me", "X-Request-Id", "from-the_client.1")
	require.Equal(t, "from-the_client.1", a.seen(t).Header.Get("X-Request-Id"))
	require.Equal(t, []string{"from-the_client.1"}, a.Header["X-Request-Id"])
	for name, bad := range map[string]string{"none": "", "odd": `a"b`, "long": strings.Repeat("x", 65)} {
		a := e.get("/api/users/me", "X-Request-Id", bad)
		made := a.seen(t).Header.Get("X-Request-Id")
		assert.Len(t, made, 32, name)
		assert.Equal(t, []string{made}, a.Header["X-Request-Id"], name)
	}
	require.NotEmpty(t, e.get("/nothing").Header.Get("X-Request-Id"))
}

func TestEdgeHeadersStandOnce(t *testing.T) {
	guards := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store",
	}
	e := newEdge(t, append(echoes(t)[:1], newInstance(t, "chat-service", func(w http.ResponseWriter, _ *http.Request) {
		for name := range guards {
			w.Header().Set(name, "the service's own")
		}
		w.Header().Set("X-Request-Id", "the-services-own")
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))...)

	theirs := e.get("/api/chats/x")
	assert.Equal(t, []string{"7"}, theirs.Header["Retry-After"])
	assert.NotContains(t, theirs.Header, "Access-Control-Allow-Origin", "the edge alone says that")
	assert.Equal(t, []string{"the-services-own"}, theirs.Header["X-Request-Id"])
	for name, own := range guards {
		assert.Equal(t, []string{"the service's own"}, theirs.Header[name], name)
		assert.Equal(t, []string{own}, e.get("/nothing").Header[name], name)
		assert.Equal(t, []string{own}, e.get("/api/users/me").Header[name], name)
	}
	assert.Equal(t, "nginx", theirs.Header.Get("Server"), "without its version")
}

func TestEdgeLetsAllowedOriginsCall(t *testing.T) {
	e := newEdge(t, echoes(t)[:1]...)
	preflight := func(origin string) answer {
		return e.do(http.MethodOptions, "/api/users/me", nil, "Origin", origin, "Access-Control-Request-Method", "PATCH",
			"Access-Control-Request-Headers", "authorization,content-type")
	}
	for _, origin := range strings.Split(allowedOrigins, ",") {
		a := preflight(origin)
		require.Equal(t, http.StatusNoContent, a.StatusCode)
		assert.Contains(t, a.Header.Get("Access-Control-Allow-Methods"), "PATCH")
		assert.Contains(t, a.Header.Get("Access-Control-Allow-Headers"), "Authorization, Content-Type")
		assert.Equal(t, []string{"600"}, a.Header["Access-Control-Max-Age"])

		// What fails must be readable for the page, too: here a service without an instance, and an unknown path.
		for _, path := range []string{"/api/users/me", "/api/messages/x", "/nothing"} {
			a := e.get(path, "Origin", origin)
			assert.Equal(t, []string{origin}, a.Header["Access-Control-Allow-Origin"])
			assert.Equal(t, []string{"true"}, a.Header["Access-Control-Allow-Credentials"])
			assert.Equal(t, "Link, Retry-After, X-Request-Id", a.Header.Get("Access-Control-Expose-Headers"))
			assert.Contains(t, a.Header["Vary"], "Origin")
			assert.NotContains(t, a.Header, "Access-Control-Allow-Methods", "only a preflight asks for it")
		}
	}
	for _, origin := range []string{
		"null", "http://localhost:30000", "http://localhost:3000.evil.org", "https://localhost:3000", "http://evil.org", "ttp://localhost:3000",
		allowedOrigins, "http://localhost:3000,", ",", "|", "http://evil.org|,http://localhost:3000,|http://localhost:3000", "https://chat.example.org/",
	} {
		for _, a := range []answer{preflight(origin), e.get("/api/users/me", "Origin", origin)} {
			for name := range a.Header {
				assert.NotContains(t, name, "Access-Control", origin)
			}
			assert.Contains(t, a.Header["Vary"], "Origin")
		}
	}
	require.Equal(t, "user-service", e.do(http.MethodOptions, "/api/users/me", nil).seen(t).Service, "no browser asks like that")
}

func TestEdgePassesRealtimeOn(t *testing.T) {
	e := newEdge(t, newInstance(t, "gateway", func(w http.ResponseWriter, r *http.Request) {
		if !websocket.IsWebSocketUpgrade(r) {
			_ = json.NewEncoder(w).Encode(sight{"gateway", r.RequestURI, r.Host, r.Header})
			return
		}
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if !assert.NoError(t, err) {
			return
		}
		defer conn.Close()
		for {
			kind, data, err := conn.ReadMessage()
			if err != nil || conn.WriteMessage(kind, data) != nil {
				return
			}
		}
	}))
	for _, path := range []string{"/ws/socket.io/?EIO=4&transport=websocket", "/socket.io/?EIO=4&transport=websocket"} {
		conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+e.addr+path, http.Header{"Origin": {"http://" + e.addr}})
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, res.StatusCode)
		require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte("2probe")))
		_, data, err := conn.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "2probe", string(data))
		require.NoError(t, conn.Close())
	}

	seen := e.get("/socket.io/", "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c").seen(t)
	require.NotContains(t, seen.Header, "Upgrade", "it would tunnel requests past the routes")
}

func TestEdgeNeverRepeatsWhatMayHaveTakenEffect(t *testing.T) {
	for name, tc := range map[string]struct{ service, method, path string }{
		"a message":      {"message-service", http.MethodPost, "/api/messages/conversations/c/messages"},
		"packets":        {"gateway", http.MethodPost, "/socket.io/?EIO=4&transport=polling&sid=s"},
		"a polling read": {"gateway", http.MethodGet, "/ws/socket.io/?EIO=4&transport=polling&sid=s"},
	} {
		t.Run(name, func(t *testing.T) {
			one, other := newInstance(t, tc.service, breakOff), newInstance(t, tc.service, breakOff)
			e := newEdge(t, one, other)
			a := e.do(tc.method, tc.path, strings.NewReader("{}"))
			a.requireProblem(t, http.StatusBadGateway, "unavailable")
			require.Equal(t, []string{"1"}, a.Header["Retry-After"])
			require.EqualValues(t, 1, total(one, other))
		})
	}
}

func TestEdgeTriesAnotherInstance(t *testing.T) {
	dead, broken, well := newAddress("message-service"), newInstance(t, "chat-service", breakOff), newInstance(t, "chat-service", answerOK)
	e := newEdge(t, dead, newInstance(t, "message-service", answerOK), broken, well)
	for range 20 {
		require.Equal(t, "ok", e.do(http.MethodPost, "/api/messages/x", strings.NewReader("{}")).text, "it never reached the dead one")
		require.Equal(t, "ok", e.get("/api/messages/x").text)
		require.Equal(t, "ok", e.get("/api/chats/x").text)
	}
	require.Positive(t, total(broken), "else nothing was tried again")
}

func TestASessionBeginsAtAGatewayThatTakesIt(t *testing.T) {
	draining := newInstance(t, "gateway", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("sid") == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, "draining")
	})
	well := newInstance(t, "gateway", answerOK)
	e := newEdge(t, newAddress("gateway"), draining, well)
	for range 20 {
		a := e.get("/ws/socket.io/?EIO=4&transport=polling")
		require.Equal(t, http.StatusOK, a.StatusCode)
		require.Equal(t, "ok", a.text)
	}
	require.Positive(t, total(draining), "else nothing was tried again")

	e.scale(newAddress("gateway"))
	require.Eventually(t, func() bool { return e.get("/socket.io/?EIO=4&transport=polling").StatusCode == http.StatusBadGateway }, 10*time.Second, 50*time.Millisecond)
	e.get("/socket.io/?EIO=4&transport=polling").requireProblem(t, http.StatusBadGateway, "unavailable")
	e.get("/socket.io/?EIO=4&transport=polling&sid=s").requireProblem(t, http.StatusBadGateway, "unavailable")
}

// What a gateway has written the client has, before the answer is at its end.
func TestEdgeHoldsNothingBackOfRealtime(t *testing.T) {
	for _, path := range []string{"/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=polling&sid=s"} {
		seen := make(chan struct{})
		e := newEdge(t, newInstance(t, "gateway", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len("first second")))
			_, _ = io.WriteString(w, "first")
			w.(http.Flusher).Flush()
			select {
			case <-seen:
			case <-time.After(10 * time.Second):
				return // buffered: the first half comes now at last
			}
			_, _ = io.WriteString(w, " second")
		}))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+e.addr+path, nil)
		require.NoError(t, err)
		res, err := client.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		first := make([]byte, len("first"))
		_, err = io.ReadFull(res.Body, first)
		require.NoError(t, err)
		close(seen)
		rest, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, "first second", string(first)+string(rest))
	}
}

func TestEdgeFollowsTheNameServer(t *testing.T) {
	old, fresh := newInstance(t, "chat-service", answerOK), newInstance(t, "chat-service", answerOK)
	e := newEdge(t, old)
	require.Equal(t, "ok", e.get("/api/chats/x").text)
	e.scale(old, fresh)
	require.Eventually(t, func() bool { return e.get("/api/chats/x").text == "ok" && total(fresh) > 0 }, 10*time.Second, 50*time.Millisecond)
	e.scale(fresh)
	require.Eventually(t, func() bool {
		before := total(old)
		for range 20 {
			require.Equal(t, "ok", e.get("/api/chats/x").text)
		}
		return total(old) == before
	}, 10*time.Second, 50*time.Millisecond)
}

func TestEdgeBoundsBodies(t *testing.T) {
	e := newEdge(t, newInstance(t, "message-service", answerOK), newInstance(t, "gateway", answerOK))
	for path, limit := range map[string]int{"/api/messages/x": 1300 << 10, "/socket.io/": 32 << 10} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"of a known length": func(r io.Reader) io.Reader { return r },
			"in chunks":         func(r io.Reader) io.Reader { return io.MultiReader(r) },
		} {
			largest, larger := strings.Repeat("x", limit), strings.Repeat("x", limit+1)
			require.Equal(t, "ok", e.do(http.MethodPost, path, wrap(strings.NewReader(largest))).text, "%s %s", path, name)
			e.do(http.MethodPost, path, wrap(strings.NewReader(larger))).requireProblem(t, http.StatusRequestEntityTooLarge, "body_too_large")
		}
	}
}

func TestEdgeAnswersForItself(t *testing.T) {
	e := newEdge(t)
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/api/users/me": {http.StatusBadGateway, "unavailable"}, // the name server knows no instance
		"/socket.io/":   {http.StatusBadGateway, "unavailable"},
		"/api/users/me?" + strings.Repeat("x", 40000): {http.StatusRequestURITooLong, "uri_too_long"},
		"/api/users/m e": {http.StatusBadRequest, "malformed_request"},
	} {
		a := e.raw(path)
		a.requireProblem(t, want.status, want.code)
		assert.Equal(t, want.status == http.StatusBadGateway, a.Header.Get("Retry-After") == "1", path)
	}
	e.get("/api/users/me", "X", strings.Repeat("x", 40000)).requireProblem(t, http.StatusRequestHeaderFieldsTooLarge, "headers_too_large")
	e.do(http.MethodTrace, "/api/users/me", nil).requireProblem(t, http.StatusMethodNotAllowed, "method_not_allowed")
	require.Equal(t, http.StatusOK, e.get("/health").StatusCode)
}

func TestEdgeLogsNoSecrets(t *testing.T) {
	e := newEdge(t, newInstance(t, "gateway", breakOff), newInstance(t, "user-service", breakOff))
	e.get("/socket.io/?EIO=4&transport=polling&sid=secret", "X-Request-Id", "first")
	e.get("/api/users/search?q=secret@example.org", "Authorization", "Bearer secret", "Cookie", "refresh_token=secret", "Referer", "http://x/?secret")
	e.get("/api/users/%73ecret/../x?secret")
	require.Eventually(t, func() bool { return strings.Count(e.log(), "\n") >= 3 }, 5*time.Second, 20*time.Millisecond)

	log := e.log()
	assert.NotContains(t, log, "secret")
	assert.NotContains(t, log, "[warn]", "the configuration is clean")
	for line := range strings.Lines(log) {
		var entry struct {
			RequestID string `json:"request_id"`
			Path      string
			Status    int
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		assert.NotEmpty(t, entry.RequestID)
		assert.NotEmpty(t, entry.Path)
		assert.Contains(t, []int{http.StatusBadGateway, http.StatusNotFound}, entry.Status)
	}
	require.Contains(t, log, `"request_id":"first","client":"127.0.0.1","method":"GET","path":"/socket.io/","status":502`)
}
