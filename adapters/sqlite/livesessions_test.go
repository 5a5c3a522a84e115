package sqlite

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestLiveSessions(t *testing.T) {
	t.Run("what is remembered is forgotten when any session may have ended", func(t *testing.T) {
		l := newLiveSessions()
		_, epoch := l.has("a")
		l.add("a", epoch)
		known, _ := l.has("a")
		require.True(t, known)
		l.forget()
		known, _ = l.has("a")
		require.False(t, known)
	})
	t.Run("what was read before a session ended is not remembered after it", func(t *testing.T) {
		l := newLiveSessions()
		_, epoch := l.has("a")
		l.forget()
		l.add("a", epoch)
		known, _ := l.has("a")
		require.False(t, known)
	})
	t.Run("it does not grow for ever", func(t *testing.T) {
		l := newLiveSessions()
		for i := range maxLiveSessions + 10 {
			l.add(domain.SessionID(strconv.Itoa(i)), 0)
		}
		require.LessOrEqual(t, len(l.known), maxLiveSessions)
	})
}

// A session that was found to live is revoked the moment that ending it returns, whichever way it ends.
func TestARevokedSessionIsNotRemembered(t *testing.T) {
	ends := map[string]func(t *testing.T, d *DB, s domain.Session){
		"revoked": func(t *testing.T, d *DB, s domain.Session) {
			_, err := d.Revoke(t.Context(), s.UserID, []domain.SessionID{s.ID})
			require.NoError(t, err)
		},
		"all revoked": func(t *testing.T, d *DB, s domain.Session) {
			_, err := d.RevokeAll(t.Context(), s.UserID)
			require.NoError(t, err)
		},
		"password changed": func(t *testing.T, d *DB, s domain.Session) {
			_, err := d.SetPassword(t.Context(), s.UserID, "hash", "new hash", "another")
			require.NoError(t, err)
		},
		"token reused": func(t *testing.T, d *DB, s domain.Session) {
			at := s.CreatedAt
			first, second := tokenOf(s, 1), tokenOf(s, 2)
			_, err := d.Exchange(t.Context(), first.Hash, second, at)
			require.NoError(t, err)
			_, err = d.Exchange(t.Context(), second.Hash, tokenOf(s, 3), at)
			require.NoError(t, err)
			require.Empty(t, revokedOf(t, d, s.ID), "it lives until then, and is remembered")
			_, err = d.Exchange(t.Context(), first.Hash, tokenOf(s, 4), at.Add(reuseGrace))
			require.ErrorIs(t, err, domain.ErrRefreshReused)
		},
		"purged": func(t *testing.T, d *DB, s domain.Session) {
			n, err := d.PurgeSessions(t.Context(), s.ExpiresAt.Add(reuseGrace), 10)
			require.NoError(t, err)
			require.Equal(t, 1, n)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			d := openTest(t)
			users, _ := addRooms(t, d, 1)
			s := sessionOf(users[0])
			require.NoError(t, d.CreateSession(t.Context(), "hash", s, tokenOf(s, 1)))
			require.Empty(t, revokedOf(t, d, s.ID))
			end(t, d, s)
			require.Equal(t, []domain.SessionID{s.ID}, revokedOf(t, d, s.ID))
		})
	}
}

const reuseGrace = time.Minute // longer than an exchanged token may come back

func sessionOf(user domain.UserID) domain.Session {
	at := domain.StoredTime(time.UnixMilli(1))
	return domain.Session{ID: "session", UserID: user, CreatedAt: at, LastActiveAt: at, ExpiresAt: at.Add(24 * time.Hour)}
}

func tokenOf(s domain.Session, n byte) domain.RefreshToken {
	return domain.RefreshToken{Hash: domain.TokenHash{n}, SessionID: s.ID, IssuedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt}
}

func revokedOf(t *testing.T, d *DB, id domain.SessionID) []domain.SessionID {
	t.Helper()
	revoked, err := d.Revoked(t.Context(), []domain.SessionID{id})
	require.NoError(t, err)
	return revoked
}
