package portstest

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunConversations is the contract of ports.ConversationStore.
func RunConversations(t *testing.T, open Open) {
	t.Run("direct conversations", func(t *testing.T) { runDMs(t, open) })
	t.Run("groups", func(t *testing.T) { runGroups(t, open) })
	t.Run("changes", func(t *testing.T) { runChanges(t, open) })
	t.Run("racing changes", func(t *testing.T) { runRacingChanges(t, open) })
	t.Run("admins", func(t *testing.T) { runAdmins(t, open) })
	t.Run("bounds", func(t *testing.T) { runBounds(t, open) })
}

func runDMs(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("the second creation, from either side, returns the first conversation", func(t *testing.T) {
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		first := c.AddDM(t, clock.Now(), a, b)
		for _, pair := range [][2]domain.User{{a, b}, {b, a}} {
			again, err := domain.NewDM(domain.ConversationID(NewUUID()), pair[0].ID, pair[1].ID, clock.Now().Add(time.Hour))
			require.NoError(t, err)
			id, created, err := c.Conversations.CreateDM(t.Context(), again)
			require.NoError(t, err)
			require.Equal(t, first, id)
			require.False(t, created)
			_, err = c.Conversations.ChangeConversation(t.Context(), again.ID(), func(*domain.Conversation) error { return nil })
			require.ErrorIs(t, err, domain.ErrConversationNotFound)
		}
	})

	t.Run("it has two members without an admin and comes back as it was created", func(t *testing.T) {
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		dm, err := domain.NewDM(domain.ConversationID(NewUUID()), a.ID, b.ID, clock.Now())
		require.NoError(t, err)
		want := domain.RestoreConversation(dm.Snapshot()).Snapshot() // members by standing
		id, _, err := c.Conversations.CreateDM(t.Context(), dm)
		require.NoError(t, err)
		require.Equal(t, want, c.state(t, id))
	})

	t.Run("each pair has its own", func(t *testing.T) {
		c := open(t, clock.Now)
		a, b, x := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		ids := map[domain.ConversationID]bool{
			c.AddDM(t, clock.Now(), a, b): true, c.AddDM(t, clock.Now(), b, x): true, c.AddDM(t, clock.Now(), x, a): true,
		}
		require.Len(t, ids, 3)
	})

	t.Run("both directions at once make one conversation", func(t *testing.T) {
		c := open(t, clock.Now)
		users := c.AddUsers(t, "pair", 2)
		var made atomic.Int64
		ids := make([]domain.ConversationID, 40)
		errs := race(len(ids), func(i int) error {
			dm, err := domain.NewDM(domain.ConversationID(NewUUID()), users[i%2].ID, users[1-i%2].ID, clock.Now())
			if err != nil {
				return err
			}
			id, created, err := c.Conversations.CreateDM(t.Context(), dm)
			if created {
				made.Add(1)
			}
			ids[i] = id
			return err
		})
		require.NoError(t, errors.Join(errs...))
		require.EqualValues(t, 1, made.Load())
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
		require.Len(t, c.state(t, ids[0]).Members, 2)
	})
}

func runGroups(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("a group comes back as it was created", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, other := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		title := strings.Repeat("😀", domain.MaxTitleChars)
		g, err := domain.NewGroup(domain.ConversationID(NewUUID()), title, admin.ID, idsOf(other), clock.Now().Add(1234*time.Microsecond))
		require.NoError(t, err)
		require.NoError(t, c.Conversations.CreateGroup(t.Context(), g))
		require.Equal(t, domain.RestoreConversation(g.Snapshot()).Snapshot(), c.state(t, g.ID()))
	})

	t.Run("a group with somebody who is no account is refused and leaves nothing", func(t *testing.T) {
		c := open(t, clock.Now)
		admin := c.AddUser(t, "anna")
		g, err := domain.NewGroup(domain.ConversationID(NewUUID()), "Team", admin.ID, []domain.UserID{domain.UserID(NewUUID())}, clock.Now())
		require.NoError(t, err)
		require.ErrorIs(t, c.Conversations.CreateGroup(t.Context(), g), domain.ErrUserNotFound)
		_, err = c.Conversations.ChangeConversation(t.Context(), g.ID(), func(*domain.Conversation) error { return nil })
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
		list, err := c.Reader.ListConversations(t.Context(), admin.ID, domain.ListCursor{}, 10)
		require.NoError(t, err)
		require.Empty(t, list.Views)
	})

	t.Run("a full group can be made", func(t *testing.T) {
		c := open(t, clock.Now)
		id := c.AddGroup(t, clock.Now(), c.AddUsers(t, "member", domain.MaxActiveMembers)...)
		require.Len(t, c.state(t, id).Members, domain.MaxActiveMembers)
	})
}

func runChanges(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("what a change did is returned and kept", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, leaver, stays := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		id := c.AddGroup(t, clock.Now(), admin, leaver, stays)
		before := c.state(t, id)
		after := c.change(t, id, func(conv *domain.Conversation) error {
			return errors.Join(conv.Rename(admin.ID, "New title"), conv.Remove(admin.ID, leaver.ID),
				conv.SetRole(admin.ID, stays.ID, domain.RoleAdmin))
		})
		require.Equal(t, "New title", after.Title)
		require.Greater(t, after.MembersVersion, before.MembersVersion)
		require.ElementsMatch(t, idsOf(admin, stays), memberIDs(after.Members))
		require.Equal(t, after, c.state(t, id))
	})

	t.Run("an error from the change undoes everything and is returned", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, other := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddGroup(t, clock.Now(), admin, other)
		before := c.state(t, id)
		refusal := errors.New("changed my mind")
		_, err := c.Conversations.ChangeConversation(t.Context(), id, func(conv *domain.Conversation) error {
			return errors.Join(conv.Rename(admin.ID, "New"), conv.Remove(admin.ID, other.ID), refusal)
		})
		require.ErrorIs(t, err, refusal)
		require.Equal(t, before, c.state(t, id))
	})

	t.Run("a change that does nothing changes nothing", func(t *testing.T) {
		c := open(t, clock.Now)
		id := c.AddGroup(t, clock.Now(), c.AddUser(t, "anna"))
		require.Equal(t, c.state(t, id), c.state(t, id))
	})

	t.Run("an unknown conversation is not found, and the change does not run", func(t *testing.T) {
		c := open(t, clock.Now)
		_, err := c.Conversations.ChangeConversation(t.Context(), domain.ConversationID(NewUUID()), func(*domain.Conversation) error {
			return errors.New("ran")
		})
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
	})

	t.Run("a promotion by the last admin's leaving is kept", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, next := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddGroup(t, clock.Now(), admin)
		c.Join(t, id, admin, next, clock.Now().Add(time.Minute))
		c.Remove(t, id, admin, admin)
		after := c.state(t, id)
		require.Equal(t, idsOf(next), memberIDs(after.Members))
		require.Equal(t, domain.RoleAdmin, after.Members[0].Role)
	})

	t.Run("who joins, and joins again, stands behind the others and has nothing unread", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, first, guest := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		start := clock.Now()
		id := c.AddGroup(t, start, admin)
		c.Join(t, id, admin, guest, start.Add(time.Minute))
		c.Say(t, admin, id, "one")
		require.EqualValues(t, 1, c.view(t, guest, id).Read.Unread)
		c.Remove(t, id, guest, guest)
		c.Join(t, id, admin, first, start.Add(2*time.Minute))
		c.Say(t, admin, id, "two")
		after := c.Join(t, id, admin, guest, start.Add(3*time.Minute))

		require.Equal(t, idsOf(admin, first, guest), memberIDs(after.Members), "longest-standing first")
		require.Equal(t, domain.Membership{UserID: guest.ID, Role: domain.RoleMember, JoinedAt: start.Add(3 * time.Minute), JoinedSeq: 2}, after.Members[2])
		v := c.view(t, guest, id)
		require.Equal(t, domain.ReadMark{LastRead: 2, Unread: 0, Settled: 2}, v.Read)
		require.EqualValues(t, 2, v.JoinedSeq)
	})

	t.Run("an admin who left comes back as a member", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, other := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddGroup(t, clock.Now(), admin, other)
		c.Remove(t, id, admin, admin)
		c.Join(t, id, other, admin, clock.Now())
		member, there := domain.RestoreConversation(c.state(t, id)).Member(admin.ID)
		require.True(t, there)
		require.Equal(t, domain.RoleMember, member.Role)
	})

	t.Run("what is returned is detached from what is stored", func(t *testing.T) {
		c := open(t, clock.Now)
		id := c.AddGroup(t, clock.Now(), c.AddUser(t, "anna"))
		c.state(t, id).Members[0].Role = "forged"
		require.Equal(t, domain.RoleAdmin, c.state(t, id).Members[0].Role)
	})

	t.Run("a context that has ended changes nothing", func(t *testing.T) {
		c := open(t, clock.Now)
		admin := c.AddUser(t, "anna")
		id := c.AddGroup(t, clock.Now(), admin)
		before := c.state(t, id)
		_, err := c.Conversations.ChangeConversation(cancelled(t), id, func(conv *domain.Conversation) error {
			return conv.Rename(admin.ID, "New")
		})
		require.Error(t, err)
		require.Equal(t, before, c.state(t, id))
	})
}
