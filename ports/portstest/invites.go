package portstest

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunInvites is the contract of ports.InviteStore.
func RunInvites(t *testing.T, open Open) {
	t.Run("opening", func(t *testing.T) { runOpenInvite(t, open) })
	t.Run("changing", func(t *testing.T) { runChangeInvite(t, open) })
	t.Run("pending", func(t *testing.T) { runPendingInvites(t, open) })
}

// inviting is a group with its admin and somebody to invite.
type inviting struct {
	Core
	clock        *ManualClock
	admin, guest domain.User
	group        domain.ConversationID
}

func newInviting(t *testing.T, open Open) inviting {
	clock := NewManualClock()
	c := open(t, clock.Now)
	i := inviting{Core: c, clock: clock, admin: c.AddUser(t, "anna"), guest: c.AddUser(t, "bob")}
	i.group = c.AddGroup(t, clock.Now(), i.admin)
	return i
}

func (i inviting) newInvite() domain.Invite {
	return domain.NewInvite(domain.InviteID(NewUUID()), i.group, i.guest.ID, i.admin.ID, i.clock.Now())
}

// stored returns an invite as it is stored.
func (i inviting) stored(t *testing.T, id domain.InviteID) domain.Invite {
	t.Helper()
	var stored domain.Invite
	_, err := i.Invites.ChangeInvite(t.Context(), id, func(_ *domain.Conversation, invite *domain.Invite) error {
		stored = *invite
		return nil
	})
	require.NoError(t, err)
	return stored
}

func (i inviting) decline(t *testing.T, id domain.InviteID) {
	t.Helper()
	_, err := i.Invites.ChangeInvite(t.Context(), id, func(_ *domain.Conversation, invite *domain.Invite) error {
		return invite.Decline(i.guest.ID, i.clock.Now())
	})
	require.NoError(t, err)
}

func runOpenInvite(t *testing.T, open Open) {
	t.Run("an invite is kept as it was made", func(t *testing.T) {
		i := newInviting(t, open)
		want := i.newInvite()
		got, created, err := i.Invites.OpenInvite(t.Context(), want, mayInvite(i.admin, i.guest))
		require.NoError(t, err)
		require.True(t, created)
		require.Equal(t, want, got)
		require.Equal(t, want, i.stored(t, want.ID))
	})

	t.Run("a pending one is returned, not doubled", func(t *testing.T) {
		i := newInviting(t, open)
		first := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		i.clock.Advance(domain.InviteTTL - time.Millisecond)
		second := i.newInvite()
		got, created, err := i.Invites.OpenInvite(t.Context(), second, mayInvite(i.admin, i.guest))
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, first, got)
		_, err = i.accept(t.Context(), second.ID, i.guest, i.clock.Now())
		require.ErrorIs(t, err, domain.ErrInviteNotFound)
	})

	t.Run("one that has expired is followed by a new one", func(t *testing.T) {
		i := newInviting(t, open)
		old := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		i.clock.Advance(domain.InviteTTL)
		second := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		require.NotEqual(t, old.ID, second.ID)
		_, err := i.accept(t.Context(), old.ID, i.guest, i.clock.Now())
		require.ErrorIs(t, err, domain.ErrInviteExpired)
		_, err = i.accept(t.Context(), second.ID, i.guest, i.clock.Now())
		require.NoError(t, err)
	})

	t.Run("after one was declined, twice even, another can be opened", func(t *testing.T) {
		i := newInviting(t, open)
		for range 3 {
			i.decline(t, i.Invite(t, i.group, i.admin, i.guest, i.clock.Now()).ID)
		}
		i.Join(t, i.group, i.admin, i.guest, i.clock.Now())
	})

	t.Run("after a removal, twice even, another can be opened and accepted", func(t *testing.T) {
		i := newInviting(t, open)
		for range 3 {
			i.Join(t, i.group, i.admin, i.guest, i.clock.Now())
			i.Remove(t, i.group, i.admin, i.guest)
		}
	})

	t.Run("a failing check opens nothing, even where one is pending", func(t *testing.T) {
		i := newInviting(t, open)
		refused := i.newInvite()
		_, _, err := i.Invites.OpenInvite(t.Context(), refused, mayInvite(i.guest, i.admin))
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
		_, err = i.accept(t.Context(), refused.ID, i.guest, i.clock.Now())
		require.ErrorIs(t, err, domain.ErrInviteNotFound)

		i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		_, _, err = i.Invites.OpenInvite(t.Context(), i.newInvite(), mayInvite(i.guest, i.admin))
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
	})

	t.Run("the check sees the present members", func(t *testing.T) {
		i := newInviting(t, open)
		i.Join(t, i.group, i.admin, i.guest, i.clock.Now())
		_, _, err := i.Invites.OpenInvite(t.Context(), i.newInvite(), mayInvite(i.admin, i.guest))
		require.ErrorIs(t, err, domain.ErrAlreadyMember)
	})

	t.Run("neither an unknown conversation nor an unknown user can have one", func(t *testing.T) {
		i := newInviting(t, open)
		lost, nobody := i.newInvite(), i.newInvite()
		lost.Conversation, nobody.Invited = domain.ConversationID(NewUUID()), domain.UserID(NewUUID())
		_, _, err := i.Invites.OpenInvite(t.Context(), lost, mayInvite(i.admin, i.guest))
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
		_, _, err = i.Invites.OpenInvite(t.Context(), nobody, mayInvite(i.admin, domain.User{ID: nobody.Invited}))
		require.ErrorIs(t, err, domain.ErrUserNotFound)
	})

	t.Run("of many opened at once one is made, and all get it", func(t *testing.T) {
		i := newInviting(t, open)
		var made atomic.Int64
		ids := make([]domain.InviteID, 20)
		errs := race(len(ids), func(n int) error {
			invite, created, err := i.Invites.OpenInvite(t.Context(), i.newInvite(), mayInvite(i.admin, i.guest))
			if created {
				made.Add(1)
			}
			ids[n] = invite.ID
			return err
		})
		require.NoError(t, errors.Join(errs...))
		require.EqualValues(t, 1, made.Load())
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
	})
}

func runChangeInvite(t *testing.T, open Open) {
	t.Run("joining is kept on both sides", func(t *testing.T) {
		i := newInviting(t, open)
		invite := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		after, err := i.accept(t.Context(), invite.ID, i.guest, i.clock.Now())
		require.NoError(t, err)
		require.ElementsMatch(t, idsOf(i.admin, i.guest), memberIDs(after.Members))
		require.Equal(t, after, i.state(t, i.group))
		require.Equal(t, domain.InviteAccepted, i.stored(t, invite.ID).Status)
	})

	t.Run("an error undoes both sides and is returned", func(t *testing.T) {
		i := newInviting(t, open)
		invite := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		before := i.state(t, i.group)
		refusal := errors.New("changed my mind")
		_, err := i.Invites.ChangeInvite(t.Context(), invite.ID, func(c *domain.Conversation, inv *domain.Invite) error {
			return errors.Join(c.Join(inv, i.guest.ID, i.clock.Now()), refusal)
		})
		require.ErrorIs(t, err, refusal)
		require.Equal(t, before, i.state(t, i.group))
		require.Equal(t, invite, i.stored(t, invite.ID))
	})

	t.Run("an unknown invite is not found", func(t *testing.T) {
		i := newInviting(t, open)
		_, err := i.accept(t.Context(), domain.InviteID(NewUUID()), i.guest, i.clock.Now())
		require.ErrorIs(t, err, domain.ErrInviteNotFound)
	})

	t.Run("a used invite does not readmit", func(t *testing.T) {
		i := newInviting(t, open)
		invite := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		_, err := i.accept(t.Context(), invite.ID, i.guest, i.clock.Now())
		require.NoError(t, err)
		i.Remove(t, i.group, i.admin, i.guest)
		_, err = i.accept(t.Context(), invite.ID, i.guest, i.clock.Now())
		require.ErrorIs(t, err, domain.ErrInviteUsed)
		require.Equal(t, idsOf(i.admin), memberIDs(i.state(t, i.group).Members))
	})

	t.Run("one invite accepted by many requests at once joins once", func(t *testing.T) {
		i := newInviting(t, open)
		invite := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		before := i.state(t, i.group).MembersVersion
		errs := race(20, func(int) error {
			_, err := i.accept(t.Context(), invite.ID, i.guest, i.clock.Now())
			return err
		})
		require.NoError(t, errors.Join(errs...))
		after := i.state(t, i.group)
		require.ElementsMatch(t, idsOf(i.admin, i.guest), memberIDs(after.Members))
		require.Equal(t, before+1, after.MembersVersion)
	})
}

func runPendingInvites(t *testing.T, open Open) {
	pending := func(t *testing.T, i inviting, u domain.User) []domain.InviteView {
		t.Helper()
		views, err := i.Invites.PendingInvites(t.Context(), u.ID)
		require.NoError(t, err)
		return views
	}

	t.Run("the invited user sees title, size and inviter as they are now", func(t *testing.T) {
		i := newInviting(t, open)
		invite := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		i.Join(t, i.group, i.admin, i.AddUser(t, "carl"), i.clock.Now())
		i.change(t, i.group, func(c *domain.Conversation) error { return c.Rename(i.admin.ID, "New title") })
		renamed, err := i.Users.SetUsername(t.Context(), i.admin.ID, "Anne")
		require.NoError(t, err)
		want := domain.InviteView{Invite: invite, Title: "New title", MemberCount: 2, InvitedByName: nameOf(renamed)}
		require.Equal(t, []domain.InviteView{want}, pending(t, i, i.guest))
		require.Empty(t, pending(t, i, i.admin))
	})

	t.Run("they come newest first", func(t *testing.T) {
		i := newInviting(t, open)
		older := i.Invite(t, i.group, i.admin, i.guest, i.clock.Now())
		i.clock.Advance(time.Second)
		newer := i.Invite(t, i.AddGroup(t, i.clock.Now(), i.admin), i.admin, i.guest, i.clock.Now())
		views := pending(t, i, i.guest)
		require.Len(t, views, 2)
		require.Equal(t, []domain.InviteID{newer.ID, older.ID}, []domain.InviteID{views[0].ID, views[1].ID})
	})

	t.Run("accepted, declined and expired ones are gone", func(t *testing.T) {
		i := newInviting(t, open)
		i.Join(t, i.group, i.admin, i.guest, i.clock.Now())
		i.decline(t, i.Invite(t, i.AddGroup(t, i.clock.Now(), i.admin), i.admin, i.guest, i.clock.Now()).ID)
		i.Invite(t, i.AddGroup(t, i.clock.Now(), i.admin), i.admin, i.guest, i.clock.Now())
		require.Len(t, pending(t, i, i.guest), 1)
		i.clock.Advance(domain.InviteTTL)
		require.Empty(t, pending(t, i, i.guest))
	})
}
