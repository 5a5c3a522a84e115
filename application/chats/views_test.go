package chats_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/adapters/memory"
	"chatsystem/application/chats"
	"chatsystem/domain"
)

const viewer = domain.UserID("00000000-0000-7000-8000-0000000000aa")

// tester is a test, or a check of one.
type tester interface {
	require.TestingT
	Context() context.Context
}

// fixture is a store with one user and some groups of theirs.
type fixture struct {
	store  *memory.Store
	list   *chats.ListConversations
	now    time.Time
	groups []domain.ConversationID
	posted int
}

func newFixture(t tester, groups int) *fixture {
	f := &fixture{now: time.Date(2026, 1, 7, 12, 0, 0, 0, time.UTC)}
	f.store = memory.NewStore(func() time.Time { return f.now })
	f.list = chats.NewListConversations(f.store)
	user := domain.User{ID: viewer, Email: "ada@example.org", Username: "ada", PasswordHash: "hash", CreatedAt: f.now}
	session := domain.Session{ID: "00000000-0000-7000-8000-0000000000bb", UserID: viewer, CreatedAt: f.now, ExpiresAt: f.now.Add(time.Hour)}
	require.NoError(t, f.store.CreateUser(t.Context(), user, session, domain.RefreshToken{SessionID: session.ID}))
	for range groups {
		f.addGroup(t)
	}
	return f
}

func (f *fixture) addGroup(t tester) {
	id := domain.ConversationID(fmt.Sprintf("00000000-0000-7000-8000-%012d", len(f.groups)))
	g, err := domain.NewGroup(id, "Team", viewer, nil, f.now)
	require.NoError(t, err)
	require.NoError(t, f.store.CreateGroup(t.Context(), g))
	f.groups = append(f.groups, id)
}

// move gives a group a message, so that it comes first in the list.
func (f *fixture) move(t tester, id domain.ConversationID) {
	f.posted++
	a, _, err := f.store.Allocate(t.Context(), domain.AllocationRequest{Conversation: id, Sender: viewer, ClientMsgID: fmt.Sprint(f.posted)})
	require.NoError(t, err)
	m := domain.PostMessage(domain.Draft{Conversation: id, Sender: viewer, ClientMsgID: fmt.Sprint(f.posted), Body: "hello"}, a)
	require.NoError(t, f.store.Settle(t.Context(), []domain.Settlement{{Conversation: id, Seq: a.Seq, State: domain.Stored, Last: m.Pointer}}))
}

// walk reads the list page by page, with something happening between the pages.
func (f *fixture) walk(t tester, limit int, cursor string, between func()) (seen []domain.ConversationID) {
	for range 1000 {
		page, err := f.list.Execute(t.Context(), chats.ListInput{Viewer: viewer, Limit: &limit, Cursor: cursor})
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Conversations), limit)
		for _, v := range page.Conversations {
			seen = append(seen, v.ID)
		}
		if cursor = page.Next; cursor == "" {
			return seen
		}
		between()
	}
	require.Fail(t, "the list does not end")
	return nil
}

func TestListHasNoGapWhileConversationsMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFixture(t, rapid.IntRange(0, 12).Draw(t, "groups"))
		there := f.groups
		seen := f.walk(t, rapid.IntRange(1, 6).Draw(t, "limit"), "", func() {
			for range rapid.IntRange(0, 4).Draw(t, "moves") {
				f.now = f.now.Add(time.Duration(rapid.IntRange(-1000, 1000).Draw(t, "ms")) * time.Millisecond) // clocks differ
				f.move(t, rapid.SampledFrom(f.groups).Draw(t, "group"))
			}
			if len(f.groups) < 20 && rapid.Bool().Draw(t, "another group") {
				f.addGroup(t)
			}
		})
		require.Subset(t, seen, there)
	})
}

func TestListShowsEachConversationOnceWhileNothingMoves(t *testing.T) {
	for limit := 1; limit < 9; limit++ {
		f := newFixture(t, 7)
		f.move(t, f.groups[3])
		require.Len(t, f.walk(t, limit, "", func() {}), 7, "limit %d", limit)
	}
}

func TestListGoesOnFromACursorOfTheReleaseBefore(t *testing.T) {
	f := newFixture(t, 6)
	limit := 2
	page, err := f.list.Execute(t.Context(), chats.ListInput{Viewer: viewer, Limit: &limit})
	require.NoError(t, err)
	last := page.Conversations[1]
	old := domain.ListCursor{At: last.SortTime(), ID: last.ID}.String()
	moved := false
	seen := f.walk(t, limit, old, func() {
		if !moved {
			moved = true
			f.now = f.now.Add(time.Second)
			f.move(t, f.groups[0])
		}
	})
	require.Equal(t, []domain.ConversationID{f.groups[3], f.groups[2], f.groups[1], f.groups[0]}, seen)
}
