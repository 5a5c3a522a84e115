package portstest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func runSearch(t *testing.T, open Open) {
	clock := NewManualClock()
	accounts := []struct{ email, username string }{
		{"anna@example.org", "Anna"},
		{"second@example.org", "annabel"},
		{"third@example.org", "ANNE"},
		{"fourth@example.org", "Joanna"},
		{"fifth@example.org", "Ännchen"},
		{"sixth@example.org", "100% real"},
		{"seventh@example.org", "1000 faces"},
		{"eighth@example.org", "a_b"},
		{"ninth@example.org", `a\b`},
		{"tenth@example.org", "fifth@example.org fan"},
		{"eleventh@example.org", "eighth@example.org fan"},
	}
	searches := map[string]struct {
		q     string
		limit int
		want  []string
	}{
		"a username is found by its beginning, in order":        {"ann", 20, []string{"Anna", "annabel", "ANNE"}},
		"letter case does not matter, beyond ASCII either":      {"äNN", 20, []string{"Ännchen"}},
		"no more than the limit are returned, the first":        {"ann", 2, []string{"Anna", "annabel"}},
		"the middle of a username does not match":               {"nna", 20, nil},
		"a percent sign stands for itself":                      {"100%", 20, []string{"100% real"}},
		"an underscore stands for itself":                       {"a_", 20, []string{"a_b"}},
		"a backslash stands for itself":                         {`a\`, 20, []string{`a\b`}},
		"an exact e-mail matches in any letter case":            {"THIRD@example.org", 20, []string{"ANNE"}},
		"a part of an e-mail does not match":                    {"third@", 20, nil},
		"who is found by e-mail stands among the others, late":  {"fifth@example.org", 20, []string{"fifth@example.org fan", "Ännchen"}},
		"who is found by e-mail stands among the others, early": {"eighth@example.org", 20, []string{"a_b", "eighth@example.org fan"}},
		"nobody found is no error":                              {"zzz", 20, nil},
		"the end of the alphabet is a beginning like any other": {"\U0010FFFF", 20, nil},
	}
	c := open(t, clock.Now)
	for _, a := range accounts {
		require.NoError(t, newRegistration(a.email, a.username, clock.Now()).create(t.Context(), c))
	}
	for name, tc := range searches {
		t.Run(name, func(t *testing.T) {
			found, err := c.Directory.SearchUsers(t.Context(), tc.q, tc.limit)
			require.NoError(t, err)
			var names []string
			for _, u := range found {
				names = append(names, u.Username)
			}
			require.Equal(t, tc.want, names)
		})
	}

	t.Run("an account that matches both ways comes once, with its id", func(t *testing.T) {
		c := open(t, clock.Now)
		r := newRegistration("anna@example.org", "anna@example.org", clock.Now())
		require.NoError(t, r.create(t.Context(), c))
		found, err := c.Directory.SearchUsers(t.Context(), "anna@example.org", 20)
		require.NoError(t, err)
		require.Equal(t, []domain.UserName{nameOf(r.user)}, found)
	})

	t.Run("a rename moves an account in the search", func(t *testing.T) {
		c := open(t, clock.Now)
		r := c.signUp(t, "anna", clock.Now())
		_, err := c.Users.SetUsername(t.Context(), r.user.ID, "Berta")
		require.NoError(t, err)
		found, err := c.Directory.SearchUsers(t.Context(), "ann", 20)
		require.NoError(t, err)
		require.Empty(t, found)
		found, err = c.Directory.SearchUsers(t.Context(), "ber", 20)
		require.NoError(t, err)
		require.Equal(t, []domain.UserName{{ID: r.user.ID, Username: "Berta"}}, found)
	})
}

func runLookup(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("known are those of a common conversation, present or past, and oneself", func(t *testing.T) {
		c := open(t, clock.Now)
		me, groupmate, gone, partner, stranger := c.AddUser(t, "me"), c.AddUser(t, "groupmate"), c.AddUser(t, "gone"),
			c.AddUser(t, "partner"), c.AddUser(t, "stranger")
		late := c.AddUser(t, "late")
		group := c.AddGroup(t, clock.Now(), me, groupmate, gone)
		c.Remove(t, group, me, gone)
		c.Join(t, group, me, late, clock.Now())
		c.AddDM(t, clock.Now(), me, partner)
		c.AddDM(t, clock.Now(), partner, stranger)
		all := []domain.User{me, groupmate, gone, partner, stranger, late}

		known, err := c.Directory.KnownUsers(t.Context(), me.ID, append(idsOf(all...), domain.UserID(NewUUID())))
		require.NoError(t, err)
		require.Equal(t, namesByID(me, groupmate, gone, partner, late), known)

		known, err = c.Directory.KnownUsers(t.Context(), gone.ID, idsOf(me, partner))
		require.NoError(t, err)
		require.Equal(t, namesByID(me), known, "who left still knows the others")

		known, err = c.Directory.KnownUsers(t.Context(), late.ID, idsOf(gone))
		require.NoError(t, err)
		require.Equal(t, namesByID(gone), known, "history shows people who left before")

		lonely := c.AddUser(t, "lonely")
		known, err = c.Directory.KnownUsers(t.Context(), lonely.ID, idsOf(lonely, me))
		require.NoError(t, err)
		require.Equal(t, namesByID(lonely), known)
	})

	t.Run("existing are the accounts among the ids, once each, by id", func(t *testing.T) {
		c := open(t, clock.Now)
		a, b, other := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		ids := []domain.UserID{b.ID, domain.UserID(NewUUID()), a.ID, b.ID}
		existing, err := c.Directory.ExistingUsers(t.Context(), ids)
		require.NoError(t, err)
		require.Equal(t, namesByID(a, b), existing)
		require.NotContains(t, existing, nameOf(other))
	})

	t.Run("no ids, no accounts", func(t *testing.T) {
		c := open(t, clock.Now)
		a := c.AddUser(t, "anna")
		existing, err := c.Directory.ExistingUsers(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, existing)
		known, err := c.Directory.KnownUsers(t.Context(), a.ID, nil)
		require.NoError(t, err)
		require.Empty(t, known)
	})
}

func idsOf(users ...domain.User) []domain.UserID {
	ids := make([]domain.UserID, 0, len(users))
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return ids
}

func namesByID(users ...domain.User) []domain.UserName {
	names := make([]domain.UserName, 0, len(users))
	for _, u := range users {
		names = append(names, nameOf(u))
	}
	slices.SortFunc(names, func(a, b domain.UserName) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return names
}
