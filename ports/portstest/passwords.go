package portstest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunPasswords is the contract of ports.PasswordHasher.
func RunPasswords(t *testing.T, open func(testing.TB) ports.PasswordHasher) {
	longest := strings.Repeat("é", domain.MaxPasswordBytes/2)
	hasher := open(t)
	hash := func(t *testing.T, password string) string {
		t.Helper()
		h, err := hasher.HashPassword(t.Context(), password)
		require.NoError(t, err)
		return h
	}
	match := func(t *testing.T, hash, password string) bool {
		t.Helper()
		ok, err := hasher.MatchPassword(t.Context(), hash, password)
		require.NoError(t, err)
		return ok
	}

	t.Run("a password matches its hash, nothing else does", func(t *testing.T) {
		for _, password := range []string{"correct horse", longest} {
			h := hash(t, password)
			require.True(t, match(t, h, password))
			for _, wrong := range []string{"", "Correct horse", password[:len(password)-1], password + "x", password + "\x00", strings.ToUpper(password)} {
				require.False(t, match(t, h, wrong), "%q", wrong)
			}
		}
	})

	t.Run("two hashes of one password differ", func(t *testing.T) {
		require.NotEqual(t, hash(t, "correct horse"), hash(t, "correct horse"))
	})

	t.Run("no password matches an unknown account", func(t *testing.T) {
		for _, password := range []string{"", "nobody", "correct horse", longest + "x"} {
			require.False(t, match(t, "", password))
		}
	})

	t.Run("a password that would be cut is refused", func(t *testing.T) {
		_, err := hasher.HashPassword(t.Context(), longest+"x")
		require.Error(t, err)
	})

	t.Run("a hash that is none is an error, not a match", func(t *testing.T) {
		ok, err := hasher.MatchPassword(t.Context(), "not a hash", "correct horse")
		require.Error(t, err)
		require.False(t, ok)
	})

	t.Run("many at once all get their answer", func(t *testing.T) {
		h := hash(t, "correct horse")
		errs := race(20, func(int) error {
			ok, err := hasher.MatchPassword(t.Context(), h, "correct horse")
			if err == nil && !ok {
				return errors.New("no match")
			}
			return err
		})
		require.NoError(t, errors.Join(errs...))
	})

	t.Run("whose context has ended is told to come again", func(t *testing.T) {
		ctx := cancelled(t)
		_, err := hasher.HashPassword(ctx, "correct horse")
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.ErrorIs(t, err, context.Canceled)
		_, err = hasher.MatchPassword(ctx, hash(t, "correct horse"), "correct horse")
		require.ErrorIs(t, err, domain.ErrUnavailable)
	})
}
