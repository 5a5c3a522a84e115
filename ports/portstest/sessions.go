package portstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunSessions is the contract of ports.SessionStore.
func RunSessions(t *testing.T, open Open) {
	t.Run("exchange", func(t *testing.T) { runExchange(t, open) })
	t.Run("reuse", func(t *testing.T) { runReuse(t, open) })
	t.Run("racing exchanges", func(t *testing.T) { runRacingExchanges(t, open) })
	t.Run("look-up", func(t *testing.T) { runSessionLookup(t, open) })
	t.Run("revocation", func(t *testing.T) { runSessionRevocation(t, open) })
	t.Run("knowing what is revoked", func(t *testing.T) { runStoredRevocations(t, open) })
	t.Run("purge", func(t *testing.T) { runSessionPurge(t, open) })
}

// addSession signs a user in once more.
func (c Core) addSession(t testing.TB, u domain.User, at time.Time) domain.Session {
	t.Helper()
	s, first := NewSession(u.ID, at)
	require.NoError(t, c.Sessions.CreateSession(t.Context(), u.PasswordHash, s, first))
	return s
}

func (c Core) session(t testing.TB, id domain.SessionID) domain.Session {
	t.Helper()
	s, err := c.Sessions.SessionByID(t.Context(), id)
	require.NoError(t, err)
	return s
}

func runSessionLookup(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("a session comes back as it was created", func(t *testing.T) {
		c := open(t, clock.Now)
		u := c.signUp(t, "anna", clock.Now()).user
		s, first := NewSession(u.ID, clock.Now().Add(1234*time.Millisecond))
		s.UserAgent = "Mozilla/5.0 (Zürich)"
		require.NoError(t, c.Sessions.CreateSession(t.Context(), u.PasswordHash, s, first))
		require.Equal(t, s, c.session(t, s.ID))
	})

	t.Run("what does not exist is not found", func(t *testing.T) {
		c := open(t, clock.Now)
		c.signUp(t, "anna", clock.Now())
		_, err := c.Sessions.SessionByID(t.Context(), domain.SessionID(NewUUID()))
		require.ErrorIs(t, err, domain.ErrSessionNotFound)
		_, err = c.Sessions.SessionByToken(t.Context(), NewToken("", clock.Now()).Hash)
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
		_, err = c.Sessions.SessionByToken(t.Context(), domain.TokenHash{})
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
	})

	t.Run("live are the user's sessions that are neither revoked nor expired, the latest active first", func(t *testing.T) {
		c := open(t, clock.Now)
		start := clock.Now()
		r := c.signUp(t, "anna", start)
		c.signUp(t, "bob", start)
		second := c.addSession(t, r.user, start.Add(time.Hour))
		third := c.addSession(t, r.user, start.Add(2*time.Hour))
		revoked := c.addSession(t, r.user, start.Add(3*time.Hour))
		_, err := c.Sessions.Revoke(t.Context(), r.user.ID, []domain.SessionID{revoked.ID})
		require.NoError(t, err)

		live, err := c.Sessions.LiveSessions(t.Context(), r.user.ID, start.Add(4*time.Hour))
		require.NoError(t, err)
		require.Equal(t, []domain.Session{third, second, r.session}, live)

		now := start.Add(5 * time.Hour)
		refreshed, err := c.Sessions.Exchange(t.Context(), r.token.Hash, NewToken("", now), now)
		require.NoError(t, err)
		live, err = c.Sessions.LiveSessions(t.Context(), r.user.ID, now)
		require.NoError(t, err)
		require.Equal(t, []domain.Session{refreshed, third, second}, live)

		live, err = c.Sessions.LiveSessions(t.Context(), r.user.ID, second.ExpiresAt)
		require.NoError(t, err)
		require.Equal(t, []domain.Session{refreshed, third}, live, "a session ends at its time")
	})
}

func runSessionRevocation(t *testing.T, open Open) {
	t.Run("revoking names the sessions that were live, once, and leaves the others alone", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		kept := c.addSession(t, r.user, clock.Now())
		stranger := c.signUp(t, "bob", clock.Now()).session

		ids := []domain.SessionID{r.session.ID, stranger.ID, r.session.ID, domain.SessionID(NewUUID())}
		revoked, err := c.Sessions.Revoke(t.Context(), r.user.ID, ids)
		require.NoError(t, err)
		require.Equal(t, []domain.SessionID{r.session.ID}, revoked)
		require.True(t, c.session(t, r.session.ID).Revoked)
		require.False(t, c.session(t, kept.ID).Revoked)
		require.False(t, c.session(t, stranger.ID).Revoked, "only the user's own can be revoked")

		again, err := c.Sessions.Revoke(t.Context(), r.user.ID, ids)
		require.NoError(t, err)
		require.Empty(t, again)
	})

	t.Run("revoking everything names what was live: not the revoked, not the expired", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		clock.Advance(24 * time.Hour)
		second, third := c.addSession(t, r.user, clock.Now()), c.addSession(t, r.user, clock.Now())
		stranger := c.signUp(t, "bob", clock.Now()).session
		_, err := c.Sessions.Revoke(t.Context(), r.user.ID, []domain.SessionID{second.ID})
		require.NoError(t, err)
		clock.Advance(6 * 24 * time.Hour)

		revoked, err := c.Sessions.RevokeAll(t.Context(), r.user.ID)
		require.NoError(t, err)
		require.Equal(t, []domain.SessionID{third.ID}, revoked)
		require.False(t, c.session(t, stranger.ID).Revoked)
		live, err := c.Sessions.LiveSessions(t.Context(), r.user.ID, clock.Now())
		require.NoError(t, err)
		require.Empty(t, live)
	})

	t.Run("a token of a revoked session is found but cannot be exchanged", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		_, err := c.Sessions.RevokeAll(t.Context(), r.user.ID)
		require.NoError(t, err)
		s, err := c.Sessions.SessionByToken(t.Context(), r.token.Hash)
		require.NoError(t, err)
		require.True(t, s.Revoked)
		_, err = c.Sessions.Exchange(t.Context(), r.token.Hash, NewToken("", clock.Now()), clock.Now())
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
	})
}

// runStoredRevocations is the contract of ports.RevocationReader where the sessions themselves are kept.
func runStoredRevocations(t *testing.T, open Open) {
	RunRevocationReader(t, func(t testing.TB) (ports.RevocationReader, func() domain.SessionID, func(domain.SessionID)) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		u := c.AddUser(t, "anna")
		begin := func() domain.SessionID { return c.addSession(t, u, clock.Now()).ID }
		revoke := func(id domain.SessionID) {
			_, err := c.Sessions.Revoke(t.Context(), u.ID, []domain.SessionID{id})
			require.NoError(t, err)
		}
		return c.Revocations, begin, revoke
	})

	t.Run("a session that is gone counts as revoked", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		live := c.addSession(t, c.AddUser(t, "anna"), clock.Now())
		gone := newSessionID()
		got, err := c.Revocations.Revoked(t.Context(), []domain.SessionID{live.ID, gone})
		require.NoError(t, err)
		require.Equal(t, []domain.SessionID{gone}, got)
		got, err = c.Revocations.Revoked(t.Context(), []domain.SessionID{gone})
		require.NoError(t, err)
		require.Equal(t, []domain.SessionID{gone}, got)
	})
}

func runSessionPurge(t *testing.T, open Open) {
	t.Run("what expired is forgotten, a bounded number at a time; a session lives as long as its latest token", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		anna := c.AddUser(t, "anna") // with a session of the real time, which is far from expiring
		old, oldToken := NewSession(anna.ID, clock.Now())
		renewed, first := NewSession(anna.ID, clock.Now())
		require.NoError(t, c.Sessions.CreateSession(t.Context(), anna.PasswordHash, old, oldToken))
		require.NoError(t, c.Sessions.CreateSession(t.Context(), anna.PasswordHash, renewed, first))
		clock.Advance(time.Hour)
		second := NewToken(renewed.ID, clock.Now())
		_, err := c.Sessions.Exchange(t.Context(), first.Hash, second, clock.Now())
		require.NoError(t, err)

		purge := func(before time.Time, limit int) int {
			n, err := c.Sessions.PurgeSessions(t.Context(), before, limit)
			require.NoError(t, err)
			return n
		}
		require.Zero(t, purge(oldToken.ExpiresAt, 10), "what expires at the very time has not expired before it")
		after := oldToken.ExpiresAt.Add(time.Millisecond)
		require.Equal(t, 1, purge(after, 1))
		require.Equal(t, 1, purge(after, 10))
		require.Zero(t, purge(after, 10))

		_, err = c.Sessions.SessionByID(t.Context(), old.ID)
		require.ErrorIs(t, err, domain.ErrSessionNotFound)
		_, err = c.Sessions.SessionByToken(t.Context(), first.Hash)
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
		got, err := c.Sessions.SessionByToken(t.Context(), second.Hash)
		require.NoError(t, err)
		require.Equal(t, renewed.ID, got.ID)
	})
}
