package portstest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// runBounds checks how many conversations and open invites a user can have.
func runBounds(t *testing.T, open Open) {
	clock := NewManualClock()
	newGroup := func(t *testing.T, creator domain.User, members ...domain.User) *domain.Conversation {
		t.Helper()
		g, err := domain.NewGroup(domain.ConversationID(NewUUID()), "Team", creator.ID, idsOf(members...), clock.Now())
		require.NoError(t, err)
		return g
	}
	newDM := func(t *testing.T, creator, other domain.User) *domain.Conversation {
		t.Helper()
		dm, err := domain.NewDM(domain.ConversationID(NewUUID()), creator.ID, other.ID, clock.Now())
		require.NoError(t, err)
		return dm
	}
	fields := func(err error) []domain.FieldFault {
		var fault *domain.Fault
		require.ErrorAs(t, err, &fault)
		return fault.Fields
	}

	t.Run("however many add somebody at once, one gets the last place", func(t *testing.T) {
		c := open(t, clock.Now)
		user, friend := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		dm := c.AddDM(t, clock.Now(), user, friend)
		inviting := c.AddGroup(t, clock.Now(), friend)
		invite := c.Invite(t, inviting, friend, user, clock.Now())
		c.crowd(t, user, domain.MaxConversations-2)
		others := c.AddUsers(t, "other", 9)
		groups := make([]*domain.Conversation, len(others))
		for i, other := range others {
			groups[i] = newGroup(t, other, user)
		}
		errs := race(len(others)+1, func(i int) error {
			if i == len(others) {
				_, err := c.accept(t.Context(), invite.ID, user, clock.Now())
				return err
			}
			return c.Conversations.CreateGroup(t.Context(), groups[i])
		})
		require.Equal(t, 1, countErrors(errs, nil))
		require.Equal(t, len(others), countErrors(errs, domain.ErrTooManyConversations))

		err := c.Conversations.CreateGroup(t.Context(), newGroup(t, friend, others[0], user))
		require.ErrorIs(t, err, domain.ErrTooManyConversations)
		require.Equal(t, "member_ids", fields(err)[0].Field)
		_, _, err = c.Conversations.CreateDM(t.Context(), newDM(t, others[0], user))
		require.ErrorIs(t, err, domain.ErrTooManyConversations)
		require.Equal(t, "other_user_id", fields(err)[0].Field)
		_, _, err = c.Conversations.CreateDM(t.Context(), newDM(t, user, others[0]))
		require.ErrorIs(t, err, domain.ErrTooManyConversations)
		require.Empty(t, fields(err), "it is about the caller")
		require.Empty(t, fields(c.Conversations.CreateGroup(t.Context(), newGroup(t, user))))
		require.LessOrEqual(t, len(c.listed(t, others[0], 10)), 1, "what is refused leaves nothing")

		id, created, err := c.Conversations.CreateDM(t.Context(), newDM(t, friend, user))
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, dm, id, "a conversation that is there is returned")

		pending, err := c.Invites.PendingInvites(t.Context(), user.ID)
		require.NoError(t, err)
		if len(pending) == 0 { // the invite got the last place
			c.Remove(t, inviting, user, user)
			require.NoError(t, c.Conversations.CreateGroup(t.Context(), newGroup(t, others[1], user)))
			invite = c.Invite(t, inviting, friend, user, clock.Now())
		}
		before := c.state(t, inviting)
		_, err = c.accept(t.Context(), invite.ID, user, clock.Now())
		require.ErrorIs(t, err, domain.ErrTooManyConversations)
		require.Equal(t, before, c.state(t, inviting))
		var somewhere domain.ConversationView
		for _, v := range c.listed(t, user, 3) {
			if v.Type == domain.Group {
				somewhere = v
			}
		}
		c.Remove(t, somewhere.ID, user, user)
		_, err = c.accept(t.Context(), invite.ID, user, clock.Now())
		require.NoError(t, err, "the invite stayed open")
	})

	t.Run("however many invite somebody at once, nobody has more than 100 open invites", func(t *testing.T) {
		c := open(t, clock.Now)
		admin, guest := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		invites := make([]domain.Invite, domain.MaxOpenInvites+8)
		for i := range invites {
			group := c.AddGroup(t, clock.Now(), admin)
			invites[i] = domain.NewInvite(domain.InviteID(NewUUID()), group, guest.ID, admin.ID, clock.Now())
		}
		opened := make([]bool, len(invites))
		errs := race(len(invites), func(i int) (err error) {
			_, opened[i], err = c.Invites.OpenInvite(t.Context(), invites[i], mayInvite(admin, guest))
			return err
		})
		require.Equal(t, domain.MaxOpenInvites, countErrors(errs, nil))
		require.Equal(t, 8, countErrors(errs, domain.ErrTooManyInvites))
		require.Equal(t, "user_id", fields(errors.Join(errs...))[0].Field)

		var there, refused domain.Invite
		for i := range invites {
			if opened[i] {
				there = invites[i]
			} else {
				refused = invites[i]
			}
		}
		again := there
		again.ID = domain.InviteID(NewUUID())
		got, created, err := c.Invites.OpenInvite(t.Context(), again, mayInvite(admin, guest))
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, there, got, "one that is pending is returned")

		_, err = c.Invites.ChangeInvite(t.Context(), there.ID, func(_ *domain.Conversation, i *domain.Invite) error {
			return i.Decline(guest.ID, clock.Now())
		})
		require.NoError(t, err)
		_, created, err = c.Invites.OpenInvite(t.Context(), refused, mayInvite(admin, guest))
		require.NoError(t, err)
		require.True(t, created, "an answered invite makes room")

		later := domain.NewInvite(domain.InviteID(NewUUID()), there.Conversation, guest.ID, admin.ID, clock.Now().Add(domain.InviteTTL))
		_, created, err = c.Invites.OpenInvite(t.Context(), later, mayInvite(admin, guest))
		require.NoError(t, err)
		require.True(t, created, "invites that have expired do not count")
	})
}

// listed returns the first conversations of a user's list.
func (c Core) listed(t *testing.T, user domain.User, limit int) []domain.ConversationView {
	t.Helper()
	list, err := c.Reader.ListConversations(t.Context(), user.ID, domain.ListCursor{}, limit)
	require.NoError(t, err)
	return list.Views
}

// crowd makes a user a member of that many more groups.
func (c Core) crowd(t *testing.T, user domain.User, groups int) {
	t.Helper()
	if c.Crowd != nil {
		c.Crowd(t, user, groups)
		return
	}
	const workers = 64
	errs := race(workers, func(worker int) error {
		for i := worker; i < groups; i += workers {
			g, err := domain.NewGroup(domain.ConversationID(NewUUID()), "Team", user.ID, nil, user.CreatedAt)
			if err != nil {
				return err
			}
			if err := c.Conversations.CreateGroup(t.Context(), g); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
}
