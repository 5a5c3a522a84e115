package users_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/adapters/passwords"
	"chatsystem/adapters/tokens"
	"chatsystem/application/users"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// countingHasher counts what takes time.
type countingHasher struct{ hashes, matches int }

func (h *countingHasher) HashPassword(_ context.Context, password string) (string, error) {
	h.hashes++
	return "hash of " + password, nil
}

func (h *countingHasher) MatchPassword(_ context.Context, hash, password string) (bool, error) {
	h.matches++
	return hash == "hash of "+password, nil
}

// newLogin returns the use case over a store with the account of ada.
func newLogin(t testing.TB, hasher ports.PasswordHasher) *users.Login {
	t.Helper()
	store := memory.NewStore(time.Now)
	b := &browser{}
	mint := users.NewTokenMint(b, tokens.NewRefreshTokens(), users.Lifetimes{Access: time.Minute, Refresh: time.Hour})
	_, err := users.NewRegister(store, hasher, mint, portstest.NewUUID, time.Now).
		Execute(t.Context(), users.RegisterInput{Email: "ada@example.org", Password: "correct horse", Username: "ada"})
	require.NoError(t, err)
	return users.NewLogin(store, store, hasher, mint, portstest.NewUUID, time.Now)
}

var logins = map[string]struct {
	users.LoginInput
	err error
}{
	"the right password":  {users.LoginInput{Email: "ada@example.org", Password: "correct horse"}, nil},
	"a wrong password":    {users.LoginInput{Email: "ada@example.org", Password: "wrong horse"}, domain.ErrInvalidCredentials},
	"an unknown e-mail":   {users.LoginInput{Email: "eve@example.org", Password: "correct horse"}, domain.ErrInvalidCredentials},
	"what is no e-mail":   {users.LoginInput{Email: "", Password: "correct horse"}, domain.ErrInvalidCredentials},
	"an endless password": {users.LoginInput{Email: "ada@example.org", Password: fmt.Sprintf("%0100d", 1)}, domain.ErrInvalidCredentials},
}

// TestSigningInTakesOneComparison, whatever is wrong. (A clock would be too noisy: BenchmarkLogin has it.)
func TestSigningInTakesOneComparison(t *testing.T) {
	for name, tc := range logins {
		t.Run(name, func(t *testing.T) {
			hasher := &countingHasher{}
			login := newLogin(t, hasher)
			*hasher = countingHasher{}
			_, err := login.Execute(t.Context(), tc.LoginInput)
			require.ErrorIs(t, err, tc.err)
			require.Equal(t, countingHasher{matches: 1}, *hasher)
		})
	}
}

// TestSigningInBeginsASession: nobody can prepare the session that somebody else will sign in to.
func TestSigningInBeginsASession(t *testing.T) {
	login := newLogin(t, &countingHasher{})
	seen := map[string]bool{}
	for range 3 {
		s, err := login.Execute(t.Context(), logins["the right password"].LoginInput)
		require.NoError(t, err)
		require.False(t, seen[s.RefreshToken])
		seen[s.RefreshToken] = true
	}
}

// BenchmarkLogin reports how long the ways to sign in take, as parts of the right one: what tells them apart by time.
func BenchmarkLogin(b *testing.B) {
	const cost = 10
	hasher, err := passwords.New(passwords.Config{Cost: cost})
	require.NoError(b, err)
	login := newLogin(b, hasher)
	times := func(b *testing.B, in users.LoginInput) time.Duration {
		began := time.Now()
		_, _ = login.Execute(b.Context(), in)
		return time.Since(began)
	}
	for name, tc := range logins {
		b.Run(name, func(b *testing.B) {
			var this, right time.Duration
			for b.Loop() { // by turns, so that what else the machine does is shared
				this += times(b, tc.LoginInput)
				right += times(b, logins["the right password"].LoginInput)
			}
			b.ReportMetric(float64(this)/float64(right), "of-right")
		})
	}
}
