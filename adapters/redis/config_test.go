package redis_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/redis"
	"chatsystem/domain"
)

func TestConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		addr string
		ok   bool
	}{
		"host and port":            {"redis:6379", true},
		"a URL":                    {"rediss://chat:secret@redis:6379/3", true},
		"nothing":                  {"", false},
		"a host without port":      {"redis", false},
		"a URL of something else":  {"http://redis:6379", false},
		"a URL that is misspelled": {"redis://chat:secret@redis:port", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := redis.Config{Addr: tc.addr}.Validate()
			if tc.ok {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	unavailable := func(t *testing.T, within time.Duration) {
		t.Helper()
		c, err := redis.Open(redis.Config{Addr: listener.Addr().String()})
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		presence, lease := redis.NewPresence(c), domain.Lease{User: "u", Connection: "c"}
		calls := map[string]func(ctx context.Context) error{
			"Check":  c.Check,
			"Online": func(ctx context.Context) error { _, err := presence.Online(ctx, []domain.UserID{"u"}); return err },
			"Renew": func(ctx context.Context) error {
				_, err := presence.Renew(ctx, "gw", []domain.Lease{lease})
				return err
			},
			"CachedMembers": func(ctx context.Context) error {
				_, err := redis.NewMembershipCache(c).CachedMembers(ctx, []domain.ConversationID{"c"})
				return err
			},
			"AnnounceRevoked": func(ctx context.Context) error {
				return redis.NewRevocations(c).AnnounceRevoked(ctx, []domain.SessionID{"s"}, time.Minute)
			},
		}
		began := time.Now()
		var all sync.WaitGroup
		for name, call := range calls {
			all.Go(func() { assert.ErrorIs(t, call(t.Context()), domain.ErrUnavailable, name) })
		}
		all.Wait()
		require.Less(t, time.Since(began), within)
	}
	t.Run("a server that is silent is unavailable after a while", func(t *testing.T) { unavailable(t, 4*time.Second) })
	require.NoError(t, listener.Close())
	t.Run("a server that is gone is unavailable at once", func(t *testing.T) { unavailable(t, time.Second) })
}
