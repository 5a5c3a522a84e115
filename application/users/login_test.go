package users_test

import (
	"context"
	"fmt"
	"strings"
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
type countingHasher struct {
	hashes, matches int
	anything        bool // matches
}

func (h *countingHasher) HashPassword(_ context.Context, password string) (string, error) {
	h.hashes++
	return "hash of " + password, nil
}

func (h *countingHasher) MatchPassword(_ context.Context, hash, password string) (bool, error) {
	h.matches++
	return hash == "hash of "+password || h.anything, nil
}

func (h *countingHasher) Outdated(hash string) bool { return strings.HasPrefix(hash, "old hash of ") }

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

// meanwhile is a hasher during whose next comparison something else happens.
type meanwhile struct {
	*countingHasher
	happens func()
}

func (h *meanwhile) MatchPassword(ctx context.Context, hash, password string) (bool, error) {
	match, err := h.countingHasher.MatchPassword(ctx, hash, password)
	if happens := h.happens; happens != nil {
		h.happens = nil
		happens()
	}
	return match, err
}

// account is ada's, with the ways in.
type account struct {
	store  *memory.Store
	hasher *meanwhile
	login  *users.Login
	change *users.ChangePassword
	first  users.SignedIn
}

func newAccount(t *testing.T) *account {
	t.Helper()
	store, hasher := memory.NewStore(time.Now), &meanwhile{countingHasher: &countingHasher{}}
	life := users.Lifetimes{Access: time.Minute, Refresh: time.Hour}
	mint := users.NewTokenMint(&browser{}, tokens.NewRefreshTokens(), life)
	first, err := users.NewRegister(store, hasher, mint, portstest.NewUUID, time.Now).
		Execute(t.Context(), users.RegisterInput{Email: "ada@example.org", Password: "correct horse", Username: "ada"})
	require.NoError(t, err)
	r := &record{ends: map[domain.SessionID]time.Time{}}
	return &account{
		store, hasher, users.NewLogin(store, store, hasher, mint, portstest.NewUUID, time.Now),
		users.NewChangePassword(store, hasher, r, life), first,
	}
}

func (a *account) signIn(t *testing.T, password string) error {
	_, err := a.login.Execute(t.Context(), users.LoginInput{Email: "ada@example.org", Password: password})
	return err
}

func (a *account) changePassword(t *testing.T, from, to string) error {
	return a.change.Execute(t.Context(), users.ChangePasswordInput{User: a.first.User.ID, Old: from, New: to})
}

func (a *account) live(t *testing.T) int {
	t.Helper()
	live, err := a.store.LiveSessions(t.Context(), a.first.User.ID, time.Now())
	require.NoError(t, err)
	return len(live)
}

// TestWhatRestsOnAPasswordEndsWithIt, also what is under way.
func TestWhatRestsOnAPasswordEndsWithIt(t *testing.T) {
	t.Run("a sign-in whose password is changed while it is checked is refused", func(t *testing.T) {
		a := newAccount(t)
		a.hasher.happens = func() { require.NoError(t, a.changePassword(t, "correct horse", "another horse")) }
		require.ErrorIs(t, a.signIn(t, "correct horse"), domain.ErrInvalidCredentials)
		require.Zero(t, a.live(t))
	})

	t.Run("of two changes at once the second is refused, and the first holds", func(t *testing.T) {
		a := newAccount(t)
		a.hasher.happens = func() { require.NoError(t, a.changePassword(t, "correct horse", "first horse")) }
		require.ErrorIs(t, a.changePassword(t, "correct horse", "second horse"), domain.ErrInvalidCredentials)
		require.NoError(t, a.signIn(t, "first horse"))
	})

	t.Run("a sign-in whose password is hashed anew meanwhile goes on", func(t *testing.T) {
		a := newAccount(t)
		a.hasher.anything = true
		a.hasher.happens = func() {
			require.NoError(t, a.store.RehashPassword(t.Context(), a.first.User.ID, "hash of correct horse", "dearer hash"))
		}
		require.NoError(t, a.signIn(t, "correct horse"))
	})

	t.Run("one that changes without end is told to come again", func(t *testing.T) {
		a := newAccount(t)
		var again func()
		again = func() {
			u, err := a.store.UserByID(t.Context(), a.first.User.ID)
			require.NoError(t, err)
			require.NoError(t, a.store.RehashPassword(t.Context(), u.ID, u.PasswordHash, u.PasswordHash+"!"))
			a.hasher.happens = again
		}
		a.hasher.happens = again
		a.hasher.anything = true
		require.ErrorIs(t, a.signIn(t, "correct horse"), domain.ErrUnavailable)
	})
}

// TestSigningInHashesAnew what was hashed otherwise: from then on it takes the time of all others.
func TestSigningInHashesAnew(t *testing.T) {
	a := newAccount(t)
	require.NoError(t, a.store.RehashPassword(t.Context(), a.first.User.ID, "hash of correct horse", "old hash of correct horse"))
	a.hasher.anything = true
	require.NoError(t, a.signIn(t, "correct horse"))
	u, err := a.store.UserByID(t.Context(), a.first.User.ID)
	require.NoError(t, err)
	require.Equal(t, "hash of correct horse", u.PasswordHash)
	require.Equal(t, 2, a.live(t), "the sessions live on")
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
