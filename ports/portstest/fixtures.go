package portstest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// Pass lets time go by for an adapter: a manual clock is moved, or what a server keeps is made that much older.
type Pass func(d time.Duration)

// patience is how long a suite waits for what an adapter may do in the background.
const patience = 10 * time.Second

// race runs do(0) … do(n-1) at the same moment and returns what each returned.
func race(n int, do func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// countErrors returns how many of errs match target; nil counts the successes.
func countErrors(errs []error, target error) int {
	n := 0
	for _, err := range errs {
		if errors.Is(err, target) {
			n++
		}
	}
	return n
}

// cancelled returns a context that has ended.
func cancelled(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// registration is an account with its first sign-in.
type registration struct {
	user    domain.User
	session domain.Session
	token   domain.RefreshToken
}

func newRegistration(email, username string, at time.Time) registration {
	user := domain.User{
		ID: domain.UserID(NewUUID()), Email: email, Username: username, PasswordHash: "hash",
		CreatedAt: domain.StoredTime(at),
	}
	session, token := NewSession(user.ID, at)
	return registration{user, session, token}
}

func (r registration) create(ctx context.Context, c Core) error {
	return c.Users.CreateUser(ctx, r.user, r.session, r.token)
}

// signUp registers a user at a time and returns the account with its first session.
func (c Core) signUp(t testing.TB, username string, at time.Time) registration {
	t.Helper()
	r := newRegistration(username+"@example.org", username, at)
	require.NoError(t, r.create(t.Context(), c))
	return r
}

// AddUsers registers n users at once, named after prefix.
func (c Core) AddUsers(t testing.TB, prefix string, n int) []domain.User {
	t.Helper()
	users := make([]domain.User, n)
	errs := race(n, func(i int) error {
		name := prefix + "-" + NewUUID()
		r := newRegistration(name+"@example.org", name, time.Now())
		users[i] = r.user
		return r.create(t.Context(), c)
	})
	require.NoError(t, errors.Join(errs...))
	return users
}

// AddDM makes the direct conversation of two users.
func (c Core) AddDM(t testing.TB, at time.Time, creator, other domain.User) domain.ConversationID {
	t.Helper()
	dm, err := domain.NewDM(domain.ConversationID(NewUUID()), creator.ID, other.ID, at)
	require.NoError(t, err)
	id, created, err := c.Conversations.CreateDM(t.Context(), dm)
	require.NoError(t, err)
	require.True(t, created)
	return id
}

// Say posts a message and waits until it is settled, which an adapter may do in the background.
func (c Core) Say(t testing.TB, sender domain.User, id domain.ConversationID, body string) domain.Message {
	t.Helper()
	m := c.Post(t, sender, id, body)
	require.Eventually(t, func() bool {
		head, err := c.Heads.Head(t.Context(), sender.ID, id)
		return err == nil && head.Settled() >= m.Seq
	}, patience, 2*time.Millisecond, "seq %d is not settled", m.Seq)
	return m
}

// Invite opens an invite by a group's admin.
func (c Core) Invite(t testing.TB, id domain.ConversationID, admin, invited domain.User, at time.Time) domain.Invite {
	t.Helper()
	invite, _, err := c.Invites.OpenInvite(t.Context(),
		domain.NewInvite(domain.InviteID(NewUUID()), id, invited.ID, admin.ID, at), mayInvite(admin, invited))
	require.NoError(t, err)
	return invite
}

func mayInvite(admin, invited domain.User) func(*domain.Conversation) error {
	return func(c *domain.Conversation) error { return c.CheckInvite(admin.ID, invited.ID) }
}

// accept joins a group by an invite.
func (c Core) accept(ctx context.Context, invite domain.InviteID, user domain.User, at time.Time) (domain.ConversationSnapshot, error) {
	return c.Invites.ChangeInvite(ctx, invite, func(conv *domain.Conversation, i *domain.Invite) error {
		return conv.Join(i, user.ID, at)
	})
}

// Join invites a user to a group and accepts.
func (c Core) Join(t testing.TB, id domain.ConversationID, admin, user domain.User, at time.Time) domain.ConversationSnapshot {
	t.Helper()
	after, err := c.accept(t.Context(), c.Invite(t, id, admin, user, at).ID, user, at)
	require.NoError(t, err)
	return after
}

// Remove takes a user out of a group.
func (c Core) Remove(t testing.TB, id domain.ConversationID, actor, user domain.User) domain.ConversationSnapshot {
	t.Helper()
	return c.change(t, id, func(conv *domain.Conversation) error { return conv.Remove(actor.ID, user.ID) })
}

// change runs a change that must succeed.
func (c Core) change(t testing.TB, id domain.ConversationID, change func(*domain.Conversation) error) domain.ConversationSnapshot {
	t.Helper()
	after, err := c.Conversations.ChangeConversation(t.Context(), id, change)
	require.NoError(t, err)
	return after
}

// state returns a conversation as it is stored.
func (c Core) state(t testing.TB, id domain.ConversationID) domain.ConversationSnapshot {
	t.Helper()
	return c.change(t, id, func(*domain.Conversation) error { return nil })
}

// view returns a conversation as a member sees it.
func (c Core) view(t testing.TB, viewer domain.User, id domain.ConversationID) domain.ConversationView {
	t.Helper()
	v, err := c.Reader.ViewConversation(t.Context(), viewer.ID, id)
	require.NoError(t, err)
	return v
}

func memberIDs(members []domain.Membership) []domain.UserID {
	ids := make([]domain.UserID, 0, len(members))
	for _, m := range members {
		ids = append(ids, m.UserID)
	}
	return ids
}

func nameOf(u domain.User) domain.UserName { return domain.UserName{ID: u.ID, Username: u.Username} }
