package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func invited(to domain.UserID) *domain.Invite {
	i := domain.NewInvite("i", "g", to, "admin", founded)
	return &i
}

func TestAnInviteIsOpenForAWeek(t *testing.T) {
	i := invited("dora")
	require.Equal(t, domain.InvitePending, i.Status)
	require.True(t, i.Open(founded.Add(domain.InviteTTL-time.Millisecond)))
	require.False(t, i.Open(founded.Add(domain.InviteTTL)))
}

func TestJoining(t *testing.T) {
	late := founded.Add(domain.InviteTTL)
	soon := founded.Add(time.Hour)
	cases := map[string]struct {
		status domain.InviteStatus
		user   domain.UserID
		now    time.Time
		want   error
	}{
		"by a pending invite":                  {domain.InvitePending, "dora", soon, nil},
		"by somebody else's invite":            {domain.InvitePending, "eve", soon, domain.ErrInviteNotFound},
		"by an invite whose time is over":      {domain.InvitePending, "dora", late, domain.ErrInviteExpired},
		"by an invite that is marked expired":  {domain.InviteExpired, "dora", soon, domain.ErrInviteExpired},
		"by a used invite, no longer a member": {domain.InviteAccepted, "dora", soon, domain.ErrInviteUsed},
		"by a declined invite":                 {domain.InviteDeclined, "dora", soon, domain.ErrInviteUsed},
		"a used one stays used when it is old": {domain.InviteAccepted, "dora", late, domain.ErrInviteUsed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			g, i := newGroup(t, "bob"), invited("dora")
			i.Status = tc.status
			before := g.Snapshot()
			err := g.Join(i, tc.user, tc.now)
			require.ErrorIs(t, err, tc.want)
			if tc.want != nil {
				require.Equal(t, before, g.Snapshot())
				require.Equal(t, tc.status, i.Status)
				return
			}
			require.Equal(t, []string{"admin ADMIN", "bob MEMBER", "dora MEMBER"}, members(g))
			require.Equal(t, domain.InviteAccepted, i.Status)
			require.Equal(t, before.MembersVersion+1, g.Snapshot().MembersVersion)
		})
	}

	t.Run("by an invite to another group", func(t *testing.T) {
		i := invited("dora")
		i.Conversation = "other"
		require.ErrorIs(t, newGroup(t).Join(i, "dora", soon), domain.ErrInviteNotFound)
	})

	t.Run("again while a member changes nothing, even when the invite is old", func(t *testing.T) {
		g, i := newGroup(t), invited("dora")
		require.NoError(t, g.Join(i, "dora", soon))
		before := g.Snapshot()
		require.NoError(t, g.Join(i, "dora", late))
		require.Equal(t, before, g.Snapshot())
	})

	t.Run("by a second invite while a member uses it up and changes nothing else", func(t *testing.T) {
		g, i := newGroup(t, "dora"), invited("dora")
		before := g.Snapshot()
		require.NoError(t, g.Join(i, "dora", soon))
		require.Equal(t, before, g.Snapshot())
		require.Equal(t, domain.InviteAccepted, i.Status)
	})

	t.Run("a group of 100 is full, and the invite stays open", func(t *testing.T) {
		g, i := newGroup(t, people(99)...), invited("dora")
		require.ErrorIs(t, g.Join(i, "dora", soon), domain.ErrGroupFull)
		require.True(t, i.Open(soon))
		require.NoError(t, g.Remove("admin", "user-000"))
		require.NoError(t, g.Join(i, "dora", soon))
	})

	t.Run("the first user who joins a group that everybody left becomes its admin, the next a member", func(t *testing.T) {
		g, first, second := newGroup(t), invited("dora"), invited("eve")
		require.NoError(t, g.Remove("admin", "admin"))
		before := g.Snapshot().MembersVersion
		require.NoError(t, g.Join(first, "dora", soon))
		require.NoError(t, g.Join(second, "eve", soon))
		require.Equal(t, []string{"dora ADMIN", "eve MEMBER"}, members(g))
		require.Equal(t, before+2, g.Snapshot().MembersVersion)
	})

	t.Run("a group that was stored without an admin gets its longest-standing member", func(t *testing.T) {
		g := domain.RestoreConversation(domain.ConversationSnapshot{ID: "g", Type: domain.Group, Members: []domain.Membership{
			{UserID: "bob", Role: domain.RoleMember, JoinedAt: founded},
		}})
		require.NoError(t, g.Join(invited("dora"), "dora", soon))
		require.Equal(t, []string{"bob ADMIN", "dora MEMBER"}, members(g))
	})

	t.Run("begins at the last seq there is", func(t *testing.T) {
		g := domain.RestoreConversation(domain.ConversationSnapshot{ID: "g", Type: domain.Group, LastSeq: 42})
		require.NoError(t, g.Join(invited("dora"), "dora", soon.Add(1234*time.Microsecond)))
		m, there := g.Member("dora")
		require.True(t, there)
		require.Equal(t, domain.Membership{UserID: "dora", Role: domain.RoleAdmin, JoinedAt: soon.Add(time.Millisecond), JoinedSeq: 42}, m)
	})
}

func TestDeclining(t *testing.T) {
	soon, late := founded.Add(time.Hour), founded.Add(domain.InviteTTL)
	cases := map[string]struct {
		status domain.InviteStatus
		user   domain.UserID
		now    time.Time
		want   error
	}{
		"a pending invite":       {domain.InvitePending, "dora", soon, nil},
		"twice":                  {domain.InviteDeclined, "dora", late, nil},
		"somebody else's":        {domain.InvitePending, "eve", soon, domain.ErrInviteNotFound},
		"one that was accepted":  {domain.InviteAccepted, "dora", soon, domain.ErrInviteUsed},
		"one whose time is over": {domain.InvitePending, "dora", late, domain.ErrInviteExpired},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			i := invited("dora")
			i.Status = tc.status
			require.ErrorIs(t, i.Decline(tc.user, tc.now), tc.want)
			if tc.want == nil {
				require.Equal(t, domain.InviteDeclined, i.Status)
			} else {
				require.Equal(t, tc.status, i.Status)
			}
		})
	}
}
