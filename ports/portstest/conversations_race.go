package portstest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func runRacingChanges(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("changes of one conversation happen one after another", func(t *testing.T) {
		c := open(t, clock.Now)
		admin := c.AddUser(t, "anna")
		id := c.AddGroup(t, clock.Now(), admin)
		before := c.state(t, id).Title
		errs := race(50, func(int) error {
			_, err := c.Conversations.ChangeConversation(t.Context(), id, func(conv *domain.Conversation) error {
				return conv.Rename(admin.ID, conv.Snapshot().Title+"!")
			})
			return err
		})
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, before+strings.Repeat("!", 50), c.state(t, id).Title)
	})

	t.Run("150 joining at once never make more than 100 members", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, guests := c.AddUser(t, "anna"), c.AddUsers(t, "guest", 150)
		id := c.AddGroup(t, clock.Now(), admin)
		invites := make([]domain.Invite, len(guests))
		for i, g := range guests {
			invites[i] = c.Invite(t, id, admin, g, clock.Now())
		}
		errs := race(len(guests), func(i int) error {
			_, err := c.accept(t.Context(), invites[i].ID, guests[i], clock.Now())
			return err
		})
		require.Equal(t, domain.MaxActiveMembers-1, countErrors(errs, nil))
		require.Equal(t, 51, countErrors(errs, domain.ErrGroupFull))
		require.Len(t, c.state(t, id).Members, domain.MaxActiveMembers)
	})

	t.Run("two admins who leave at once leave an admin behind", func(t *testing.T) {
		c := open(t, clock.Now)
		users := c.AddUsers(t, "member", 3)
		id := c.AddGroup(t, clock.Now(), users...)
		c.change(t, id, func(conv *domain.Conversation) error {
			return conv.SetRole(users[0].ID, users[1].ID, domain.RoleAdmin)
		})
		errs := race(2, func(i int) error { return remove(t.Context(), c, id, users[i], users[i]) })
		require.NoError(t, errors.Join(errs...))
		after := c.state(t, id)
		require.Equal(t, idsOf(users[2]), memberIDs(after.Members))
		require.Equal(t, domain.RoleAdmin, after.Members[0].Role)
	})

	t.Run("two admins who remove each other at once: one stays", func(t *testing.T) {
		c := open(t, clock.Now)
		users := c.AddUsers(t, "member", 3)
		id := c.AddGroup(t, clock.Now(), users...)
		c.change(t, id, func(conv *domain.Conversation) error {
			return conv.SetRole(users[0].ID, users[1].ID, domain.RoleAdmin)
		})
		errs := race(2, func(i int) error { return remove(t.Context(), c, id, users[i], users[1-i]) })
		require.Equal(t, 1, countErrors(errs, nil))
		require.Equal(t, 1, countErrors(errs, domain.ErrConversationNotFound))
		require.Len(t, c.state(t, id).Members, 2)
	})
}

func remove(ctx context.Context, c Core, id domain.ConversationID, actor, target domain.User) error {
	_, err := c.Conversations.ChangeConversation(ctx, id, func(conv *domain.Conversation) error {
		return conv.Remove(actor.ID, target.ID)
	})
	return err
}
