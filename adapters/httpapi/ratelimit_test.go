package httpapi

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const validLogin = `{"email":"a@b.c","password":"x"}`

func login(from string) *http.Request {
	r := request(http.MethodPost, "/api/users/auth/login", validLogin)
	r.RemoteAddr = from
	return r
}

func search(user string) *http.Request {
	r := request(http.MethodGet, "/api/users/search?q=ann", "")
	r.Header.Set("Authorization", "Bearer user:"+user)
	return r
}

func TestRequestsBeyondTheRateAreRefused(t *testing.T) {
	cfg := Config{Limits: Limits{Login: Rate{2, time.Minute}}}
	s := newTestSite(t, cfg, operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
	for range 2 {
		require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.1:1000")).Code)
	}
	w := s.do(login("192.0.2.1:1001"))
	requireProblem(t, w, http.StatusTooManyRequests, "rate_limited")
	require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.2:1000")).Code, "another address has its own rate")
}

func TestThereIsRoomAfterRetryAfter(t *testing.T) {
	for _, limit := range []int{1, 2, 20} {
		synctest.Test(t, func(t *testing.T) {
			cfg := Config{Limits: Limits{Login: Rate{limit, time.Minute}}}
			s := newTestSite(t, cfg, operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
			for range limit {
				require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.1:1000")).Code)
			}
			seconds, err := strconv.Atoi(s.do(login("192.0.2.1:1000")).Header().Get("Retry-After"))
			require.NoError(t, err)
			<-time.After(time.Duration(seconds) * time.Second)
			require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.1:1000")).Code)
		})
	}
}

func TestOneIPv6ClientCannotHopThroughItsAddresses(t *testing.T) {
	cfg := Config{Limits: Limits{Login: Rate{1, time.Minute}}}
	s := newTestSite(t, cfg, operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
	require.Equal(t, http.StatusNoContent, s.do(login("[2001:db8::1]:1")).Code)
	require.Equal(t, http.StatusTooManyRequests, s.do(login("[2001:db8::2]:1")).Code)
	require.Equal(t, http.StatusNoContent, s.do(login("[2001:db8:0:1::1]:1")).Code)
}

func TestSearchesAreCountedPerUser(t *testing.T) {
	cfg := Config{Limits: Limits{Search: Rate{1, time.Minute}}}
	s := newTestSite(t, cfg, operationRoute(http.MethodGet, "/api/users/search", noContent))
	require.Equal(t, http.StatusNoContent, s.do(search("ann")).Code)
	require.Equal(t, http.StatusTooManyRequests, s.do(search("ann")).Code)
	require.Equal(t, http.StatusNoContent, s.do(search("bob")).Code)
}

func TestEachOperationHasItsOwnRate(t *testing.T) {
	cfg := Config{Limits: Limits{Login: Rate{1, time.Minute}, Register: Rate{1, time.Minute}}}
	s := newTestSite(t, cfg,
		operationRoute(http.MethodPost, "/api/users/auth/login", noContent),
		operationRoute(http.MethodPost, "/api/users/auth/register", noContent))
	require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.1:1")).Code)
	r := request(http.MethodPost, "/api/users/auth/register", `{"email":"a@b.c","password":"x","username":"a"}`)
	r.RemoteAddr = "192.0.2.1:1"
	require.Equal(t, http.StatusNoContent, s.do(r).Code)
}

func TestWithoutLimitsNothingIsRefused(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
	for range 100 {
		require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.1:1")).Code)
	}
}

func TestEveryLimitBelongsToAnOperationOfTheDocument(t *testing.T) {
	c, err := loadContract()
	require.NoError(t, err)
	documented := map[string]bool{}
	for _, op := range c.operations {
		documented[op.id] = true
	}
	for id := range (&site{}).operationLimiters(DefaultLimits()) {
		require.True(t, documented[id], id)
	}
}

func TestOnlyOpeningARealtimeConnectionIsLimited(t *testing.T) {
	cfg := Config{Limits: Limits{Connect: Rate{1, time.Minute}}}
	s := newTestSite(t, cfg, RealtimeRoutes(http.HandlerFunc(noContent), "/ws/socket.io"))
	const handshake, poll = "/ws/socket.io/?EIO=4&transport=polling", "/ws/socket.io/?EIO=4&transport=polling&sid=x"
	require.Equal(t, http.StatusNoContent, s.do(request(http.MethodGet, handshake, "")).Code)
	requireProblem(t, s.do(request(http.MethodGet, handshake, "")), http.StatusTooManyRequests, "rate_limited")
	for range 10 {
		require.Equal(t, http.StatusNoContent, s.do(request(http.MethodPost, poll, "")).Code)
	}
	require.Empty(t, s.logged(t, "request"), "realtime requests are not in the access log")
}

func TestOneAccountIsGuardedFromWhereverItIsGuessed(t *testing.T) {
	cfg := Config{Limits: Limits{Account: Rate{2, time.Minute}}}
	s := newTestSite(t, cfg, operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
	try := func(from, email string) int {
		r := request(http.MethodPost, "/api/users/auth/login", `{"email":"`+email+`","password":"x"}`)
		r.RemoteAddr = from
		return s.do(r).Code
	}
	require.Equal(t, http.StatusNoContent, try("192.0.2.1:1", "ann@example.org"))
	require.Equal(t, http.StatusNoContent, try("192.0.2.2:1", "ANN@example.org"))
	require.Equal(t, http.StatusTooManyRequests, try("192.0.2.3:1", " ann@example.org"))
	require.Equal(t, http.StatusNoContent, try("192.0.2.3:1", "ben@example.org"))
}

func TestOpeningRealtimeSessionsIsLimitedHoweverItIsAskedFor(t *testing.T) {
	realtime := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s := newTestSite(t, Config{Limits: Limits{Connect: Rate{1, time.Minute}}}, RealtimeRoutes(realtime, "/socket.io"))
	for i, path := range []string{"/socket.io/?EIO=4", "/socket.io/?EIO=4&sid=", "/socket.io?sid"} {
		w := s.do(request(http.MethodGet, path, ""))
		require.Equal(t, i > 0, w.Code == http.StatusTooManyRequests, path)
	}
	require.Equal(t, http.StatusNoContent, s.do(request(http.MethodGet, "/socket.io/?EIO=4&sid=known", "")).Code, "requests of a session are not counted")
}
