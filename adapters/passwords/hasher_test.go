package passwords

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestHasher(t *testing.T) {
	portstest.RunPasswords(t, func(testing.TB) ports.PasswordHasher { return newHasher(t, 2) })
}

func newHasher(t *testing.T, concurrent int) *Hasher {
	t.Helper()
	h, err := New(Config{Cost: bcrypt.MinCost, Concurrent: concurrent})
	require.NoError(t, err)
	return h
}

func TestHashesHaveTheConfiguredCost(t *testing.T) {
	h, err := New(Config{Cost: bcrypt.MinCost + 1})
	require.NoError(t, err)
	hash, err := h.HashPassword(t.Context(), "correct horse")
	require.NoError(t, err)
	cost, err := bcrypt.Cost([]byte(hash))
	require.NoError(t, err)
	require.Equal(t, bcrypt.MinCost+1, cost)
}

// The time itself is too noisy to be tested: these are what makes it the same.
func TestEveryMatchTakesOneComparisonOfTheConfiguredCost(t *testing.T) {
	t.Run("what an unknown account is compared with has the configured cost", func(t *testing.T) {
		h, err := New(Config{Cost: bcrypt.MinCost + 1})
		require.NoError(t, err)
		cost, err := bcrypt.Cost(h.nobody)
		require.NoError(t, err)
		require.Equal(t, bcrypt.MinCost+1, cost)
	})

	t.Run("an unknown account is compared with it", func(t *testing.T) {
		h := newHasher(t, 1)
		h.nobody = []byte("not a hash")
		_, err := h.MatchPassword(t.Context(), "", "correct horse")
		require.Error(t, err, "it was looked at")
	})

	t.Run("a wrong password for a cheaper hash takes a comparison of every cost up to today's", func(t *testing.T) {
		cheap, err := newHasher(t, 1).HashPassword(t.Context(), "correct horse")
		require.NoError(t, err)
		h, err := New(Config{Cost: bcrypt.MinCost + 3})
		require.NoError(t, err)
		require.True(t, h.Outdated(cheap))
		var costs []int
		h.compare = func(hash, password []byte) error {
			costs = append(costs, costOf(hash))
			return bcrypt.CompareHashAndPassword(hash, password)
		}
		match, err := h.MatchPassword(t.Context(), cheap, "wrong horse")
		require.NoError(t, err)
		require.False(t, match)
		require.Equal(t, []int{4, 4, 5, 6}, costs, "2^4 + 2^4 + 2^5 + 2^6 = 2^7")
	})

	t.Run("a password that is too long is compared, too", func(t *testing.T) {
		_, err := newHasher(t, 1).MatchPassword(t.Context(), "not a hash", strings.Repeat("x", domain.MaxPasswordBytes+1))
		require.Error(t, err, "it was looked at")
	})
}

func TestOnlySoManyHashAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(t, 1)
		require.NoError(t, h.enter(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := h.HashPassword(ctx, "correct horse")
		require.ErrorIs(t, err, domain.ErrUnavailable)

		hashed := make(chan error, 1)
		go func() {
			_, err := h.HashPassword(t.Context(), "correct horse")
			hashed <- err
		}()
		synctest.Wait()
		require.Empty(t, hashed)
		h.leave()
		require.NoError(t, <-hashed)
	})
}

func TestConfig(t *testing.T) {
	faulty := map[string]Config{
		"a cost below bcrypt's":       {Cost: bcrypt.MinCost - 1},
		"a cost above bcrypt's":       {Cost: bcrypt.MaxCost + 1},
		"a negative number of places": {Cost: 12, Concurrent: -1},
	}
	for name, cfg := range faulty {
		t.Run(name, func(t *testing.T) {
			require.Error(t, cfg.Validate())
			_, err := New(cfg)
			require.Error(t, err)
		})
	}
	require.NoError(t, Config{Cost: 12}.Validate())
}
