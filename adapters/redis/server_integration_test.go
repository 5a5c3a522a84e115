//go:build integration

package redis_test

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/redis"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// address is where the tests' server listens.
func address() string {
	return cmp.Or(os.Getenv("REDIS_ADDR"), "127.0.0.1:16379") //nolint:forbidigo // where the test servers are
}

// open returns a client with keys and channels of its own, which are removed afterwards.
func open(t testing.TB) *redis.Client {
	t.Helper()
	return openAt(t, address())
}

func openAt(t testing.TB, address string) *redis.Client {
	t.Helper()
	name := "test-" + portstest.NewUUID()
	c, err := redis.Open(redis.Config{Addr: address, Name: name, Prefix: name + ":"})
	require.NoError(t, err)
	require.NoError(t, c.Check(t.Context()), "no Redis: start it with scripts/infra up")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		_ = c.Raw().Del(ctx, append(keys(ctx, c), "none")...).Err() // the server forgets them anyhow
		_ = c.Close()
	})
	return c
}

func keys(ctx context.Context, c *redis.Client) []string {
	var found []string
	scan := c.Raw().Scan(ctx, 0, c.Raw().Options().ClientName+":*", 1000).Iterator()
	for scan.Next(ctx) {
		found = append(found, scan.Val())
	}
	return found
}

// pass makes all that the client keeps so much older.
func pass(t testing.TB, c *redis.Client) portstest.Pass {
	return func(d time.Duration) {
		t.Helper()
		ctx := t.Context()
		for _, key := range keys(ctx, c) {
			left, err := c.Raw().PTTL(ctx, key).Result()
			require.NoError(t, err)
			require.NotEqualValues(t, -1, left, "%s would stay for ever", key)
			members, err := c.Raw().ZRangeWithScores(ctx, key, 0, -1).Result()
			if !goredis.HasErrorPrefix(err, "WRONGTYPE") {
				require.NoError(t, err)
			}
			for _, m := range members {
				require.NoError(t, c.Raw().ZIncrBy(ctx, key, -float64(d.Milliseconds()), m.Member.(string)).Err())
			}
			require.NoError(t, c.Raw().PExpire(ctx, key, max(left-d, 0)).Err())
		}
	}
}

// aged returns the record of ended sessions, as if it had been kept for two hours.
func aged(t testing.TB, c *redis.Client) *redis.Revocations {
	t.Helper()
	r := redis.NewRevocations(c)
	_, err := r.Revoked(t.Context(), []domain.SessionID{"any"})
	require.ErrorIs(t, err, domain.ErrUnavailable, "a new record cannot tell")
	since := c.Raw().Options().ClientName + ":revoked:since"
	fields, err := c.Raw().HKeys(t.Context(), since).Result()
	require.NoError(t, err)
	require.Len(t, fields, 1)
	require.NoError(t, c.Raw().HIncrBy(t.Context(), since, fields[0], -(2*time.Hour).Milliseconds()).Err())
	return r
}

// trips counts round trips by what they carry.
type trips struct {
	mu       sync.Mutex
	single   []string // commands sent alone
	pipeline []int    // lengths
}

// count counts the client's round trips from now on.
func count(c *redis.Client) *trips {
	t := &trips{}
	c.Raw().AddHook(t)
	return t
}

func (t *trips) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (t *trips) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		if !greets(cmd) {
			t.mu.Lock()
			t.single = append(t.single, cmd.Name())
			t.mu.Unlock()
		}
		return next(ctx, cmd)
	}
}

func (t *trips) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if !greets(cmds[0]) {
			t.mu.Lock()
			t.pipeline = append(t.pipeline, len(cmds))
			t.mu.Unlock()
		}
		return next(ctx, cmds)
	}
}

// greets tells whether a command belongs to a new connection, which the pool makes when it likes.
func greets(cmd goredis.Cmder) bool {
	return slices.Contains([]string{"hello", "client", "auth", "select", "ping"}, cmd.Name())
}

func (t *trips) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.single, t.pipeline = nil, nil
}

func newBus(t testing.TB, c *redis.Client) *redis.GatewayBus {
	t.Helper()
	return redis.NewGatewayBus(c, slog.New(slog.DiscardHandler))
}
