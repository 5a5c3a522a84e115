package portstest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunUsers is the contract of ports.UserStore and ports.UserDirectory.
func RunUsers(t *testing.T, open Open) {
	t.Run("accounts", func(t *testing.T) { runAccounts(t, open) })
	t.Run("unique names", func(t *testing.T) { runUniqueNames(t, open) })
	t.Run("changes of an account", func(t *testing.T) { runAccountChanges(t, open) })
	t.Run("changes of a password", func(t *testing.T) { runPasswordChanges(t, open) })
	t.Run("search", func(t *testing.T) { runSearch(t, open) })
	t.Run("look-up by id", func(t *testing.T) { runLookup(t, open) })
}

func runAccounts(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("an account comes back as it was created, by id and by e-mail in any letter case", func(t *testing.T) {
		c := open(t, clock.Now)
		r := newRegistration("Anna@Example.org", "Anna Ängström", clock.Now())
		require.NoError(t, r.create(t.Context(), c))

		byID, err := c.Users.UserByID(t.Context(), r.user.ID)
		require.NoError(t, err)
		require.Equal(t, r.user, byID)
		byEmail, err := c.Users.UserByEmail(t.Context(), " aNNA@example.ORG ")
		require.NoError(t, err)
		require.Equal(t, r.user, byEmail)
	})

	t.Run("a new account brings its first session and token", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		session, err := c.Sessions.SessionByToken(t.Context(), r.token.Hash)
		require.NoError(t, err)
		require.Equal(t, r.session, session)
	})

	t.Run("what is no account is not found", func(t *testing.T) {
		c := open(t, clock.Now)
		c.signUp(t, "anna", clock.Now())
		nobody := domain.UserID(NewUUID())

		_, err := c.Users.UserByID(t.Context(), nobody)
		require.ErrorIs(t, err, domain.ErrUserNotFound)
		_, err = c.Users.UserByEmail(t.Context(), "bob@example.org")
		require.ErrorIs(t, err, domain.ErrUserNotFound)
		_, err = c.Users.SetUsername(t.Context(), nobody, "bob")
		require.ErrorIs(t, err, domain.ErrUserNotFound)
		_, err = c.Users.SetPassword(t.Context(), nobody, "", "hash", "")
		require.ErrorIs(t, err, domain.ErrUserNotFound)
		require.ErrorIs(t, c.Users.RehashPassword(t.Context(), nobody, "", "hash"), domain.ErrUserNotFound)
		s, first := NewSession(nobody, clock.Now())
		require.ErrorIs(t, c.Sessions.CreateSession(t.Context(), "", s, first), domain.ErrUserNotFound)
	})

	t.Run("a context that has ended does nothing", func(t *testing.T) {
		c := open(t, clock.Now)
		r := newRegistration("anna@example.org", "anna", clock.Now())
		require.Error(t, r.create(cancelled(t), c))
		_, err := c.Users.UserByID(t.Context(), r.user.ID)
		require.ErrorIs(t, err, domain.ErrUserNotFound)
	})
}

func runUniqueNames(t *testing.T, open Open) {
	clock := NewManualClock()
	taken := map[string]struct {
		email, username string
		want            error
	}{
		"an e-mail in other letter case is taken":          {"ÄNNA@example.org", "other", domain.ErrEmailTaken},
		"a username in other letter case is taken":         {"other@example.org", "ÄNNA", domain.ErrUsernameTaken},
		"a username with white space around is taken, too": {"other@example.org", " änna ", domain.ErrUsernameTaken},
	}
	for name, tc := range taken {
		t.Run(name, func(t *testing.T) {
			c := open(t, clock.Now)
			require.NoError(t, newRegistration("änna@example.org", "änna", clock.Now()).create(t.Context(), c))
			err := newRegistration(tc.email, tc.username, clock.Now()).create(t.Context(), c)
			require.ErrorIs(t, err, tc.want)
		})
	}

	t.Run("a refused account leaves nothing behind", func(t *testing.T) {
		c := open(t, clock.Now)
		c.signUp(t, "anna", clock.Now())
		refused := newRegistration("bob@example.org", "anna", clock.Now())
		require.ErrorIs(t, refused.create(t.Context(), c), domain.ErrUsernameTaken)

		_, err := c.Users.UserByEmail(t.Context(), "bob@example.org")
		require.ErrorIs(t, err, domain.ErrUserNotFound)
		_, err = c.Sessions.SessionByID(t.Context(), refused.session.ID)
		require.ErrorIs(t, err, domain.ErrSessionNotFound)
		require.NoError(t, newRegistration("bob@example.org", "bob", clock.Now()).create(t.Context(), c), "the e-mail is free")
	})

	t.Run("of many registrations with one e-mail exactly one wins", func(t *testing.T) {
		c := open(t, clock.Now)
		errs := race(20, func(i int) error {
			return newRegistration("anna@example.org", "user"+NewUUID(), clock.Now()).create(t.Context(), c)
		})
		require.Equal(t, 1, countErrors(errs, nil))
		require.Equal(t, 19, countErrors(errs, domain.ErrEmailTaken))
	})

	t.Run("of many registrations with one username exactly one wins", func(t *testing.T) {
		c := open(t, clock.Now)
		errs := race(20, func(i int) error {
			return newRegistration(NewUUID()+"@example.org", "anna", clock.Now()).create(t.Context(), c)
		})
		require.Equal(t, 1, countErrors(errs, nil))
		require.Equal(t, 19, countErrors(errs, domain.ErrUsernameTaken))
	})
}

func runAccountChanges(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("a rename shows at once and frees the old name", func(t *testing.T) {
		c := open(t, clock.Now)
		anna := c.signUp(t, "anna", clock.Now()).user
		renamed, err := c.Users.SetUsername(t.Context(), anna.ID, "Anne")
		require.NoError(t, err)
		anna.Username = "Anne"
		require.Equal(t, anna, renamed)

		stored, err := c.Users.UserByID(t.Context(), anna.ID)
		require.NoError(t, err)
		require.Equal(t, anna, stored)
		require.NoError(t, newRegistration("new@example.org", "anna", clock.Now()).create(t.Context(), c))
		err = newRegistration("newer@example.org", "anne", clock.Now()).create(t.Context(), c)
		require.ErrorIs(t, err, domain.ErrUsernameTaken)
	})

	t.Run("one's own name in other letter case is no clash", func(t *testing.T) {
		c := open(t, clock.Now)
		anna := c.signUp(t, "anna", clock.Now()).user
		renamed, err := c.Users.SetUsername(t.Context(), anna.ID, "ANNA")
		require.NoError(t, err)
		require.Equal(t, "ANNA", renamed.Username)
	})

	t.Run("a rename to a taken name changes nothing", func(t *testing.T) {
		c := open(t, clock.Now)
		anna := c.signUp(t, "anna", clock.Now()).user
		c.signUp(t, "bob", clock.Now())
		_, err := c.Users.SetUsername(t.Context(), anna.ID, "BOB")
		require.ErrorIs(t, err, domain.ErrUsernameTaken)
		stored, err := c.Users.UserByID(t.Context(), anna.ID)
		require.NoError(t, err)
		require.Equal(t, anna, stored)
	})

	t.Run("of two renames to one name exactly one wins", func(t *testing.T) {
		c := open(t, clock.Now)
		users := c.AddUsers(t, "user", 10)
		errs := race(len(users), func(i int) error {
			_, err := c.Users.SetUsername(t.Context(), users[i].ID, strings.Repeat("A", 2))
			return err
		})
		require.Equal(t, 1, countErrors(errs, nil))
		require.Equal(t, 9, countErrors(errs, domain.ErrUsernameTaken))
	})

	t.Run("a new password revokes every live session but the one kept", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		other := c.addSession(t, r.user, clock.Now())
		revokedBefore := c.addSession(t, r.user, clock.Now())
		_, err := c.Sessions.Revoke(t.Context(), r.user.ID, []domain.SessionID{revokedBefore.ID})
		require.NoError(t, err)
		stranger := c.signUp(t, "bob", clock.Now())

		revoked, err := c.Users.SetPassword(t.Context(), r.user.ID, r.user.PasswordHash, "new hash", r.session.ID)
		require.NoError(t, err)
		require.Equal(t, []domain.SessionID{other.ID}, revoked)
		stored, err := c.Users.UserByID(t.Context(), r.user.ID)
		require.NoError(t, err)
		require.Equal(t, "new hash", stored.PasswordHash)
		require.False(t, c.session(t, r.session.ID).Revoked)
		require.True(t, c.session(t, other.ID).Revoked)
		require.False(t, c.session(t, stranger.session.ID).Revoked)
	})
}

// runPasswordChanges is the contract of what rests on a password: each change names the hash that was checked.
func runPasswordChanges(t *testing.T, open Open) {
	clock := NewManualClock()
	hashOf := func(t *testing.T, c Core, id domain.UserID) string {
		t.Helper()
		u, err := c.Users.UserByID(t.Context(), id)
		require.NoError(t, err)
		return u.PasswordHash
	}

	t.Run("no session begins with a password that was replaced, and nothing is left of it", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		_, err := c.Users.SetPassword(t.Context(), r.user.ID, r.user.PasswordHash, "new hash", r.session.ID)
		require.NoError(t, err)
		late, first := NewSession(r.user.ID, clock.Now())
		require.ErrorIs(t, c.Sessions.CreateSession(t.Context(), r.user.PasswordHash, late, first), domain.ErrPasswordChanged)
		_, err = c.Sessions.SessionByID(t.Context(), late.ID)
		require.ErrorIs(t, err, domain.ErrSessionNotFound)
		_, err = c.Sessions.SessionByToken(t.Context(), first.Hash)
		require.ErrorIs(t, err, domain.ErrRefreshInvalid)
	})

	t.Run("a password that was replaced replaces nothing and ends nothing", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		_, err := c.Users.SetPassword(t.Context(), r.user.ID, r.user.PasswordHash, "first", r.session.ID)
		require.NoError(t, err)
		_, err = c.Users.SetPassword(t.Context(), r.user.ID, r.user.PasswordHash, "second", "")
		require.ErrorIs(t, err, domain.ErrPasswordChanged)
		require.ErrorIs(t, c.Users.RehashPassword(t.Context(), r.user.ID, r.user.PasswordHash, "third"), domain.ErrPasswordChanged)
		require.Equal(t, "first", hashOf(t, c, r.user.ID))
		require.False(t, c.session(t, r.session.ID).Revoked)
	})

	t.Run("another hash of the same password leaves the sessions alone", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		require.NoError(t, c.Users.RehashPassword(t.Context(), r.user.ID, r.user.PasswordHash, "dearer"))
		require.Equal(t, "dearer", hashOf(t, c, r.user.ID))
		require.False(t, c.session(t, r.session.ID).Revoked)
	})

	t.Run("of many changes at once exactly one holds", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		errs := race(10, func(int) error {
			_, err := c.Users.SetPassword(t.Context(), r.user.ID, r.user.PasswordHash, "hash "+NewUUID(), r.session.ID)
			return err
		})
		require.Equal(t, 1, countErrors(errs, nil))
		require.Equal(t, 9, countErrors(errs, domain.ErrPasswordChanged))
	})

	t.Run("however sign-ins race with a new password, none outlives it", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		errs := race(17, func(i int) error {
			if i == 8 {
				_, err := c.Users.SetPassword(t.Context(), r.user.ID, r.user.PasswordHash, "new hash", r.session.ID)
				return err
			}
			s, first := NewSession(r.user.ID, clock.Now())
			return c.Sessions.CreateSession(t.Context(), r.user.PasswordHash, s, first)
		})
		for _, err := range errs {
			if err != nil {
				require.ErrorIs(t, err, domain.ErrPasswordChanged)
			}
		}
		live, err := c.Sessions.LiveSessions(t.Context(), r.user.ID, clock.Now())
		require.NoError(t, err)
		require.Equal(t, []domain.Session{r.session}, live, "only the one that was to be kept")
	})
}
