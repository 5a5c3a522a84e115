//go:build integration

package redis_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/redis"
	"chatsystem/domain"
)

// opener is one instance of a service that takes in five realtime connections of a client a minute.
type opener struct {
	http.Handler
	log *bytes.Buffer // read it while nothing runs
}

func newOpener(t *testing.T, c *redis.Client) opener {
	t.Helper()
	counters, log := redis.NewRateCounters(c), &bytes.Buffer{}
	cfg := httpapi.Config{
		Limits:   httpapi.Limits{"connect": {Requests: 5, Window: time.Minute}},
		Counters: func(limiter string) httpapi.RateCounter { return counters.Limiter(limiter) },
	}
	served := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	h, err := httpapi.NewHandler(cfg, slog.New(slog.NewTextHandler(log, nil)), prometheus.NewRegistry(), nil, httpapi.RealtimeRoutes(served, "/socket.io"))
	require.NoError(t, err)
	return opener{h, log}
}

// accepted returns how many of n connections of one client it takes in.
func (o opener) accepted(t *testing.T, n int) (passed int) {
	t.Helper()
	for range n {
		w := httptest.NewRecorder()
		o.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/socket.io/?EIO=4&transport=polling", nil))
		if w.Code == http.StatusNoContent {
			passed++
		} else {
			require.Equal(t, http.StatusTooManyRequests, w.Code)
		}
	}
	return passed
}

func TestInstancesShareARateLimit(t *testing.T) {
	c := open(t)
	one, other := newOpener(t, c), newOpener(t, c)
	require.Equal(t, 3, one.accepted(t, 3))
	require.Equal(t, 2, other.accepted(t, 10))
	require.Equal(t, 0, one.accepted(t, 10))
	require.Empty(t, one.log.String())
}

// closedPort returns an address where nobody listens, mutePort one where nobody answers.
func closedPort(t *testing.T) string {
	t.Helper()
	address := mutePort(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return net.JoinHostPort("127.0.0.2", port) // which the other one is not bound to
}

func mutePort(t *testing.T) string {
	t.Helper()
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	return ln.Addr().String()
}

func TestWithoutRedisEachInstanceHoldsTheLimitAndIsNotSlow(t *testing.T) {
	for name, address := range map[string]func(*testing.T) string{"nobody listens": closedPort, "nobody answers": mutePort} {
		t.Run(name, func(t *testing.T) {
			c, err := redis.Open(redis.Config{Addr: address(t)})
			require.NoError(t, err)
			t.Cleanup(func() { _ = c.Close() })
			o := newOpener(t, c)
			begun := time.Now()
			require.Equal(t, 5, o.accepted(t, 1000))
			require.Less(t, time.Since(begun), 900*time.Millisecond)
			require.Equal(t, 1, strings.Count(o.log.String(), "level=WARN"), o.log)
		})
	}
}

func TestRateCounts(t *testing.T) {
	c := open(t)
	counters, begin := redis.NewRateCounters(c), time.Now().Truncate(time.Minute)
	previous := begin.Add(-time.Minute)
	login := counters.Limiter("login")
	login.Config(20, time.Minute)

	requireCounts := func(r *redis.RateCounter, key string, current, before int) {
		t.Helper()
		inCurrent, inPrevious, err := r.Get(key, begin, previous)
		require.NoError(t, err)
		require.Equal(t, []int{current, before}, []int{inCurrent, inPrevious})
	}
	requireCounts(login, "anna", 0, 0)
	require.NoError(t, login.IncrementBy("anna", previous, 3))
	requireCounts(login, "anna", 0, 3)
	var counting sync.WaitGroup
	for range 20 {
		counting.Go(func() { assert.NoError(t, login.Increment("anna", begin)) })
	}
	counting.Wait()
	requireCounts(login, "anna", 20, 3)
	requireCounts(login, "bob", 0, 0)
	requireCounts(counters.Limiter("account"), "anna", 0, 0)
	requireCounts(counters.Limiter("login"), "anna", 20, 3)

	seen := count(c)
	require.NoError(t, login.Increment("anna", begin))
	requireCounts(login, "anna", 21, 3)
	require.Equal(t, []string{"mget"}, seen.single, "one round trip to read")
	require.Len(t, seen.pipeline, 1, "and one to count")
}

func TestRateCountsHideTheirKeysAndAreForgotten(t *testing.T) {
	c := open(t)
	account := redis.NewRateCounters(c).Limiter("account")
	account.Config(10, time.Minute)
	begin := time.UnixMilli(1_767_225_600_000)
	require.NoError(t, account.Increment("anna@example.org", begin))
	there := keys(t.Context(), c)
	require.Len(t, there, 1)
	require.Regexp(t, `:rate:account:\{[A-Za-z0-9_-]{22}\}:1767225600000$`, there[0])
	left, err := c.Raw().PTTL(t.Context(), there[0]).Result()
	require.NoError(t, err)
	require.Greater(t, left, 2*time.Minute, "it is asked for until the next window ends")
	require.Less(t, left, 3*time.Minute)
}

func TestRateCountsGiveUpSoon(t *testing.T) {
	c, err := redis.Open(redis.Config{Addr: mutePort(t)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	r := redis.NewRateCounters(c).Limiter("send")
	r.Config(1, time.Minute)
	begun := time.Now()
	require.ErrorIs(t, r.Increment("anna", begun), domain.ErrUnavailable)
	_, _, err = r.Get("anna", begun, begun)
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.Less(t, time.Since(begun), time.Second)
}
