package portstest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

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

// runAdmins checks that a group with members has an admin, whatever happens to it.
func runAdmins(t *testing.T, open Open) {
	clock := NewManualClock()

	t.Run("the first user who accepts after everybody left is the admin, the second a member", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, first, second := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		id := c.AddGroup(t, clock.Now(), admin)
		invites := []domain.Invite{c.Invite(t, id, admin, first, clock.Now()), c.Invite(t, id, admin, second, clock.Now())}
		require.Empty(t, c.Remove(t, id, admin, admin).Members)
		for i, user := range []domain.User{first, second} {
			after, err := c.accept(t.Context(), invites[i].ID, user, clock.Now().Add(time.Duration(i)*time.Second))
			require.NoError(t, err)
			require.Equal(t, after, c.state(t, id))
		}
		require.Equal(t, domain.RoleAdmin, c.view(t, first, id).Role)
		require.Equal(t, domain.RoleMember, c.view(t, second, id).Role)
	})

	t.Run("the last admin who leaves while an invite is accepted leaves an admin behind", func(t *testing.T) {
		c := open(t, clock.Now)
		users := c.AddUsers(t, "member", 2)
		for range 10 {
			id := c.AddGroup(t, clock.Now(), users[0])
			invite := c.Invite(t, id, users[0], users[1], clock.Now())
			errs := race(2, func(i int) error {
				if i == 0 {
					return remove(t.Context(), c, id, users[0], users[0])
				}
				_, err := c.accept(t.Context(), invite.ID, users[1], clock.Now())
				return err
			})
			require.NoError(t, errors.Join(errs...))
			require.Equal(t, idsOf(users[1]), memberIDs(c.state(t, id).Members))
			require.True(t, hasAdmin(c.state(t, id)))
		}
	})

	t.Run("all who leave, remove, appoint, demote and join at once leave an admin behind", func(t *testing.T) {
		c := open(t, clock.Now)
		users := c.AddUsers(t, "member", 4)
		id := c.AddGroup(t, clock.Now(), users...)
		for round := range uint64(8) {
			errs := race(len(users), func(i int) error {
				rng := rand.New(rand.NewPCG(round, uint64(i)))
				for range 6 {
					me, other := users[i].ID, users[rng.IntN(len(users))]
					if rng.IntN(3) == 0 { // many are refused; what is not must leave an admin
						_ = c.inviteAndAccept(t.Context(), id, users[i], other, clock.Now())
						continue
					}
					after, err := c.Conversations.ChangeConversation(t.Context(), id, func(conv *domain.Conversation) error {
						switch rng.IntN(3) {
						case 0:
							return conv.Remove(me, other.ID)
						case 1:
							return conv.SetRole(me, other.ID, domain.RoleAdmin)
						}
						return conv.SetRole(me, other.ID, domain.RoleMember)
					})
					if err == nil && !hasAdmin(after) {
						return errors.New("no admin")
					}
				}
				return nil
			})
			require.NoError(t, errors.Join(errs...))
			require.True(t, hasAdmin(c.state(t, id)))
		}
	})
}

// hasAdmin reports whether a group has an admin or nobody at all.
func hasAdmin(s domain.ConversationSnapshot) bool {
	isAdmin := func(m domain.Membership) bool { return m.Role == domain.RoleAdmin }
	return len(s.Members) == 0 || slices.ContainsFunc(s.Members, isAdmin)
}

// inviteAndAccept joins a group, if the inviting user may invite.
func (c Core) inviteAndAccept(ctx context.Context, id domain.ConversationID, by, user domain.User, at time.Time) error {
	i, _, err := c.Invites.OpenInvite(ctx, domain.NewInvite(domain.InviteID(NewUUID()), id, user.ID, by.ID, at), mayInvite(by, user))
	if err != nil {
		return err
	}
	_, err = c.accept(ctx, i.ID, user, at)
	return err
}

func remove(ctx context.Context, c Core, id domain.ConversationID, actor, target domain.User) error {
	_, err := c.Conversations.ChangeConversation(ctx, id, func(conv *domain.Conversation) error {
		return conv.Remove(actor.ID, target.ID)
	})
	return err
}
