package domain_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/domain"
)

func TestParseRole(t *testing.T) {
	for _, role := range []domain.Role{domain.RoleAdmin, domain.RoleMember} {
		got, err := domain.ParseRole(string(role))
		require.NoError(t, err)
		require.Equal(t, role, got)
	}
	for _, text := range []string{"", "admin", "OWNER"} {
		_, err := domain.ParseRole(text)
		requireFields(t, err, "role unknown")
	}
}

func TestAMemberDiffTurnsWhatWasIntoWhatIs(t *testing.T) {
	member := rapid.Custom(func(t *rapid.T) domain.Membership {
		return domain.Membership{
			UserID: rapid.SampledFrom(people(6)).Draw(t, "user"),
			Role:   rapid.SampledFrom([]domain.Role{domain.RoleAdmin, domain.RoleMember}).Draw(t, "role"),
		}
	})
	several := rapid.SliceOfNDistinct(member, 0, 6, func(m domain.Membership) domain.UserID { return m.UserID })
	rapid.Check(t, func(t *rapid.T) {
		before, after := several.Draw(t, "before"), several.Draw(t, "after")
		diff := domain.DiffMembers(before, after)
		got := slices.DeleteFunc(slices.Clone(before), func(m domain.Membership) bool { return slices.Contains(diff.Left, m.UserID) })
		for _, changed := range diff.Changed {
			i := slices.IndexFunc(got, func(m domain.Membership) bool { return m.UserID == changed.UserID })
			require.NotEqual(t, changed, got[i], "only what changed")
			got[i] = changed
		}
		require.ElementsMatch(t, after, append(got, diff.Joined...))
		require.Len(t, before, len(after)-len(diff.Joined)+len(diff.Left))
	})
}
