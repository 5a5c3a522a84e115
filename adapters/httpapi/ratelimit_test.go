package httpapi

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
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
	cfg := Config{Limits: Limits{"login": {2, time.Minute}}}
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
			cfg := Config{Limits: Limits{"login": {limit, time.Minute}}}
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
	cfg := Config{Limits: Limits{"login": {1, time.Minute}}}
	s := newTestSite(t, cfg, operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
	require.Equal(t, http.StatusNoContent, s.do(login("[2001:db8::1]:1")).Code)
	require.Equal(t, http.StatusTooManyRequests, s.do(login("[2001:db8::2]:1")).Code)
	require.Equal(t, http.StatusNoContent, s.do(login("[2001:db8:0:1::1]:1")).Code)
}

func TestSearchesAreCountedPerUser(t *testing.T) {
	cfg := Config{Limits: Limits{"search": {1, time.Minute}}}
	s := newTestSite(t, cfg, operationRoute(http.MethodGet, "/api/users/search", noContent))
	require.Equal(t, http.StatusNoContent, s.do(search("ann")).Code)
	require.Equal(t, http.StatusTooManyRequests, s.do(search("ann")).Code)
	require.Equal(t, http.StatusNoContent, s.do(search("bob")).Code)
}

func TestEachOperationHasItsOwnRate(t *testing.T) {
	cfg := Config{Limits: Limits{"login": {1, time.Minute}, "register": {1, time.Minute}}}
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

// TestEveryOperationHasARate: none can be asked for without end, but for those that answer from memory and touch
// nobody.
func TestEveryOperationHasARate(t *testing.T) {
	unlimited := map[string]bool{"getHealth": true, "getReadiness": true, "getDocument": true, "getKeys": true}
	c, err := loadContract()
	require.NoError(t, err)
	limited := map[string]string{}
	for _, rule := range rateRules {
		require.Contains(t, DefaultLimits(), rule.limit)
		for _, id := range rule.operations {
			require.Empty(t, limited[id], "%s has one rate", id)
			limited[id] = rule.limit
		}
	}
	documented := map[string]bool{}
	for _, op := range c.operations {
		documented[op.id] = true
		require.NotEqual(t, unlimited[op.id], limited[op.id] != "", op.id)
	}
	for id := range limited {
		require.True(t, documented[id], id)
	}
}

// TestWhatConcernsPeopleCountsForEach of them, and a group for itself.
func TestWhatConcernsPeopleCountsForEach(t *testing.T) {
	const path = "/api/chats/conversations/group"
	s := newTestSite(t, Config{Limits: Limits{"people": {10, time.Minute}}}, operationRoute(http.MethodPost, path, noContent))
	group := func(members int) int {
		r := request(http.MethodPost, path, `{"title":"t","member_ids":[`+strings.TrimSuffix(strings.Repeat(`"x",`, members), ",")+`]}`)
		r.Header.Set("Authorization", "Bearer user:eve")
		return s.do(r).Code
	}
	require.Equal(t, http.StatusNoContent, group(5))
	require.Equal(t, http.StatusTooManyRequests, group(4))
	require.Equal(t, http.StatusNoContent, group(2), "who is refused is counted once")
	require.Equal(t, http.StatusTooManyRequests, group(0))
}

// TestRetryAfterIsTheTrueTime: nothing is let through a second before, everything is at that time, whatever was counted
// before.
func TestRetryAfterIsTheTrueTime(t *testing.T) {
	for name, counters := range map[string]func() func(string) RateCounter{
		"in this process": func() func(string) RateCounter { return nil },
		"in a store":      func() func(string) RateCounter { return newCounterStore().limiter },
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			for range 50 {
				synctest.Test(t, func(t *testing.T) {
					s := newTestSite(t, Config{Limits: Limits{"login": {1 + random.IntN(20), time.Minute}}, Counters: counters()},
						operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
					for range 60 {
						<-time.After(time.Duration(random.IntN(9000)) * time.Millisecond)
						w := s.do(login("192.0.2.1:1000"))
						if w.Code == http.StatusNoContent {
							continue
						}
						seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
						require.NoError(t, err)
						require.LessOrEqual(t, seconds, 120)
						<-time.After(time.Duration(seconds)*time.Second - time.Second - time.Millisecond)
						if seconds > 1 {
							require.Equal(t, http.StatusTooManyRequests, s.do(login("192.0.2.1:1000")).Code, "after %d s", seconds)
						}
						<-time.After(time.Second + time.Millisecond)
						require.Equal(t, http.StatusNoContent, s.do(login("192.0.2.1:1000")).Code, "after %d s", seconds)
					}
				})
			}
		})
	}
}

func TestLimitsAreSettings(t *testing.T) {
	read := func(text string) (Limits, error) {
		var l Limits
		err := l.UnmarshalText([]byte(text))
		return l, err
	}
	for _, text := range []string{"on", "send=200/10s"} {
		l, err := read(text)
		require.NoError(t, err)
		require.Equal(t, DefaultLimits(), l)
	}
	l, err := read("off")
	require.NoError(t, err)
	require.Empty(t, l)
	l, err = read("send=7/1m30s, login=off")
	require.NoError(t, err)
	require.Equal(t, Rate{7, 90 * time.Second}, l["send"])
	require.Zero(t, l["login"])
	require.Equal(t, DefaultLimits()["read"], l["read"])
	for text, says := range map[string]string{
		"maybe": "none of account, change", "sned=1/1s": `"sned"`, "send": "such as 200/10s", "send=1": "send", "send=0/1s": "send",
		"send=1/1ms": "send", "send=1/2h": "send", "send=-1/1s": "send", "send=1/1s,": `""`, "": `""`,
	} {
		_, err := read(text)
		require.ErrorContains(t, err, says, text)
	}
	for name, rate := range DefaultLimits() {
		l, err := read(name + "=" + rate.String())
		require.NoError(t, err)
		require.Equal(t, rate, l[name])
	}
}

func TestOnlyOpeningARealtimeConnectionIsLimited(t *testing.T) {
	cfg := Config{Limits: Limits{"connect": {1, time.Minute}}}
	s := newTestSite(t, cfg, RealtimeRoutes(http.HandlerFunc(noContent), "/ws/socket.io"))
	const handshake, poll = "/ws/socket.io/?EIO=4&transport=polling", "/ws/socket.io/?EIO=4&transport=polling&sid=x"
	require.Equal(t, http.StatusNoContent, s.do(request(http.MethodGet, handshake, "")).Code)
	requireProblem(t, s.do(request(http.MethodGet, handshake, "")), http.StatusTooManyRequests, "rate_limited")
	for range 10 {
		require.Equal(t, http.StatusNoContent, s.do(request(http.MethodPost, poll, "")).Code)
	}
	require.Empty(t, s.logged(t, "request"), "realtime requests are not in the access log")
}

func TestOpeningRealtimeSessionsIsLimitedHoweverItIsAskedFor(t *testing.T) {
	realtime := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s := newTestSite(t, Config{Limits: Limits{"connect": {1, time.Minute}}}, RealtimeRoutes(realtime, "/socket.io"))
	for i, path := range []string{"/socket.io/?EIO=4", "/socket.io/?EIO=4&sid=", "/socket.io?sid"} {
		w := s.do(request(http.MethodGet, path, ""))
		require.Equal(t, i > 0, w.Code == http.StatusTooManyRequests, path)
	}
	require.Equal(t, http.StatusNoContent, s.do(request(http.MethodGet, "/socket.io/?EIO=4&sid=known", "")).Code, "requests of a session are not counted")
}
