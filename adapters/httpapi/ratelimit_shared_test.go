package httpapi

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// counterStore is what the instances of a service count in.
type counterStore struct {
	mu     sync.Mutex
	counts map[string]int
	away   bool
	asked  int
}

func newCounterStore() *counterStore { return &counterStore{counts: map[string]int{}} }

func (s *counterStore) limiter(name string) RateCounter { return storedCounter{s, name} }

func (s *counterStore) setAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away, s.asked = away, 0
}

func (s *counterStore) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// begin takes the lock of a store that answers.
func (s *counterStore) begin() error {
	s.mu.Lock()
	s.asked++
	if s.away {
		s.mu.Unlock()
		return errors.New("no answer")
	}
	return nil
}

type storedCounter struct {
	store *counterStore
	name  string
}

func (c storedCounter) at(key string, window time.Time) string {
	return fmt.Sprint(c.name, key, window.Unix())
}

func (storedCounter) Config(int, time.Duration) {}

func (c storedCounter) Increment(key string, window time.Time) error {
	return c.IncrementBy(key, window, 1)
}

func (c storedCounter) IncrementBy(key string, window time.Time, amount int) error {
	if err := c.store.begin(); err != nil {
		return err
	}
	defer c.store.mu.Unlock()
	c.store.counts[c.at(key, window)] += amount
	return nil
}

func (c storedCounter) Get(key string, current, previous time.Time) (int, int, error) {
	if err := c.store.begin(); err != nil {
		return 0, 0, err
	}
	defer c.store.mu.Unlock()
	return c.store.counts[c.at(key, current)], c.store.counts[c.at(key, previous)], nil
}

// instance is one of the servers that count in a store, at most five sign-ins a minute.
func instance(t *testing.T, store *counterStore) testSite {
	t.Helper()
	cfg := Config{Limits: Limits{"login": {5, time.Minute}}, Counters: store.limiter}
	return newTestSite(t, cfg, operationRoute(http.MethodPost, "/api/users/auth/login", noContent))
}

// accepted returns how many of n sign-ins a server lets pass.
func accepted(s testSite, n int) (passed int) {
	for range n {
		if s.do(login("192.0.2.1:1")).Code == http.StatusNoContent {
			passed++
		}
	}
	return passed
}

func TestInstancesShareOneLimit(t *testing.T) {
	store := newCounterStore()
	one, other := instance(t, store), instance(t, store)
	require.Equal(t, 3, accepted(one, 3))
	require.Equal(t, 2, accepted(other, 10))
	require.Equal(t, 0, accepted(one, 10))
}

func TestWhileTheStoreIsAwayEachInstanceHoldsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newCounterStore()
		one, other := instance(t, store), instance(t, store)
		require.Equal(t, 3, accepted(one, 3))
		store.setAway(true)
		require.Equal(t, 2, accepted(one, 10), "what it let pass before still counts")
		require.Equal(t, 5, accepted(other, 10))
		require.Equal(t, 2, store.requests(), "one each: the others do not wait for it")

		store.setAway(false)
		<-time.After(probeInterval)
		require.Equal(t, 0, accepted(one, 10))
		require.Equal(t, 0, accepted(other, 10), "what it counted meanwhile is not forgotten")
		require.Equal(t, 2, accepted(instance(t, store), 10), "those of before are still shared")
	})
}

func TestAStoreThatComesBackIsUsedAgainAndAnOutageIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newCounterStore()
		one, other := instance(t, store), instance(t, store)
		store.setAway(true)
		for range 60 {
			accepted(one, 20)
			<-time.After(probeInterval)
		}
		require.LessOrEqual(t, store.requests(), 61, "it is asked once in a while")
		store.setAway(false)
		<-time.After(2 * time.Minute)
		require.Equal(t, 5, accepted(one, 10))
		require.Equal(t, 0, accepted(other, 10))
		require.Len(t, one.logged(t, "shared rate counters do not answer, each process counts for itself"), 1)
		require.Len(t, one.logged(t, "shared rate counters are back"), 1)
	})
}

func TestLimitersShareNoCount(t *testing.T) {
	var names []string
	cfg := Config{
		Limits: DefaultLimits(),
		Counters: func(name string) RateCounter {
			names = append(names, name)
			return storedCounter{newCounterStore(), name}
		},
	}
	newTestSite(t, cfg, RealtimeRoutes(http.HandlerFunc(noContent), "/ws/socket.io"))
	times := map[string]int{}
	for _, name := range names {
		times[name]++
	}
	shared := DefaultLimits()
	for _, here := range []string{"read", "mark"} {
		delete(shared, here)
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(shared)), slices.Collect(maps.Keys(times)))
	for name, n := range times {
		require.Equal(t, 1, n, "%s: more than one limiter of that name", name)
	}
}

// slowCounter does not answer until it is released.
type slowCounter struct {
	storedCounter
	waiting *atomic.Int32
	release chan struct{}
}

func (c slowCounter) Get(key string, current, previous time.Time) (int, int, error) {
	c.waiting.Add(1)
	<-c.release
	return c.storedCounter.Get(key, current, previous)
}

func TestClientsDoNotWaitForEachOthersCount(t *testing.T) {
	slow := slowCounter{storedCounter{newCounterStore(), "search"}, &atomic.Int32{}, make(chan struct{})}
	cfg := Config{Limits: Limits{"search": {1, time.Minute}}, Counters: func(string) RateCounter { return slow }}
	s := newTestSite(t, cfg, operationRoute(http.MethodGet, "/api/users/search", noContent))
	var searching sync.WaitGroup
	for i := range 200 {
		searching.Go(func() { s.do(search(fmt.Sprint(i))) })
	}
	require.Eventually(t, func() bool { return slow.waiting.Load() >= 20 }, 10*time.Second, time.Millisecond)
	close(slow.release)
	searching.Wait()
}
