package portstest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunConversationViews is the contract of ports.ConversationReader.
func RunConversationViews(t *testing.T, open Open) {
	t.Run("one conversation", func(t *testing.T) { runViewConversation(t, open) })
	t.Run("list", func(t *testing.T) { runListConversations(t, open) })
	t.Run("members", func(t *testing.T) { runViewMembers(t, open) })
}

func runViewConversation(t *testing.T, open Open) {
	t.Run("a group shows title, role, counters and no peer", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		admin, guest := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		at := clock.Now()
		id := c.AddGroup(t, at, admin)
		c.Say(t, admin, id, "one")
		joined := c.Join(t, id, admin, guest, at.Add(time.Minute))
		want := domain.ConversationView{
			ID: id, Type: domain.Group, Title: "Team Chat", CreatedBy: admin.ID, CreatedAt: at, LastSeq: 1,
			MembersVersion: joined.MembersVersion, Role: domain.RoleMember, JoinedSeq: 1,
			Read: domain.ReadMark{LastRead: 1, Settled: 1},
		}
		got := c.view(t, guest, id)
		require.NotNil(t, got.Last)
		want.Last = got.Last
		require.Equal(t, want, got)
		require.Equal(t, domain.RoleAdmin, c.view(t, admin, id).Role)
	})

	t.Run("before the first message there is no last one, and joined_seq is 0", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		admin := c.AddUser(t, "anna")
		v := c.view(t, admin, c.AddGroup(t, clock.Now(), admin))
		require.Nil(t, v.Last)
		require.Equal(t, clock.Now(), v.SortTime())
		require.Zero(t, v.JoinedSeq)
		require.Equal(t, domain.ReadMark{}, v.Read)
	})

	t.Run("the last message is a preview of the latest", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddDM(t, clock.Now(), a, b)
		c.Say(t, a, id, "short")
		clock.Advance(time.Minute)
		m := c.Say(t, b, id, strings.Repeat("é", domain.PreviewChars)+"!")
		want := &domain.LastMessage{
			ID: m.ID, Seq: 2, Sender: b.ID, At: m.CreatedAt, Preview: strings.Repeat("é", domain.PreviewChars), HasMore: true,
		}
		require.Equal(t, want, c.view(t, a, id).Last)
		require.Equal(t, want, c.view(t, b, id).Last)
	})

	t.Run("a direct conversation shows each the other, by the present name", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddDM(t, clock.Now(), a, b)
		renamed, err := c.Users.SetUsername(t.Context(), b.ID, "Robert")
		require.NoError(t, err)
		require.Equal(t, nameOf(renamed), *c.view(t, a, id).Peer)
		require.Equal(t, nameOf(a), *c.view(t, b, id).Peer)
		require.Equal(t, domain.DM, c.view(t, a, id).Type)
		require.Empty(t, c.view(t, a, id).Title)
	})

	t.Run("it is not found for strangers, for removed members, and when there is none", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		admin, removed, stranger := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		id := c.AddGroup(t, clock.Now(), admin, removed)
		c.Remove(t, id, admin, removed)
		for _, viewer := range []domain.User{removed, stranger} {
			_, err := c.Reader.ViewConversation(t.Context(), viewer.ID, id)
			require.ErrorIs(t, err, domain.ErrConversationNotFound)
			_, err = c.Reader.ViewMembers(t.Context(), viewer.ID, id)
			require.ErrorIs(t, err, domain.ErrConversationNotFound)
		}
		_, err := c.Reader.ViewConversation(t.Context(), admin.ID, domain.ConversationID(NewUUID()))
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
	})
}

func runListConversations(t *testing.T, open Open) {
	list := func(t *testing.T, c Core, u domain.User, after domain.ListCursor, limit int) []domain.ConversationView {
		t.Helper()
		page, err := c.Reader.ListConversations(t.Context(), u.ID, after, limit)
		require.NoError(t, err)
		return page.Views
	}

	t.Run("the one with the latest message, else creation, comes first", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		step := func() time.Time { clock.Advance(time.Second); return clock.Now() }
		oldest, quiet, dm := c.AddGroup(t, step(), a, b), c.AddGroup(t, step(), a), c.AddDM(t, step(), b, a)
		require.Equal(t, []domain.ConversationID{dm, quiet, oldest}, viewIDs(list(t, c, a, domain.ListCursor{}, 10)))
		step()
		c.Say(t, b, oldest, "hello")
		require.Equal(t, []domain.ConversationID{oldest, dm, quiet}, viewIDs(list(t, c, a, domain.ListCursor{}, 10)))
		require.Equal(t, []domain.ConversationID{oldest, dm}, viewIDs(list(t, c, b, domain.ListCursor{}, 10)))
	})

	t.Run("a row is what viewing the conversation shows", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		group, dm := c.AddGroup(t, clock.Now(), a, b), c.AddDM(t, clock.Now(), a, b)
		for range 3 {
			c.Say(t, b, group, "hello")
			c.Say(t, a, dm, "hello")
		}
		for _, u := range []domain.User{a, b} {
			views := list(t, c, u, domain.ListCursor{}, 10)
			require.Len(t, views, 2)
			for _, v := range views {
				require.Equal(t, c.view(t, u, v.ID), v)
			}
		}
	})

	t.Run("only conversations the viewer is an active member of are listed", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		admin, viewer := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		mine, left := c.AddGroup(t, clock.Now(), admin, viewer), c.AddGroup(t, clock.Now(), admin, viewer)
		c.AddGroup(t, clock.Now(), admin)
		c.Remove(t, left, viewer, viewer)
		require.Equal(t, []domain.ConversationID{mine}, viewIDs(list(t, c, viewer, domain.ListCursor{}, 10)))
		require.Empty(t, list(t, c, domain.User{ID: domain.UserID(NewUUID())}, domain.ListCursor{}, 10))
	})

	t.Run("pages follow each other without gap or repetition, ties by id", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		var want []domain.ConversationID
		for i := range 13 { // three of each time
			want = append(want, c.AddGroup(t, clock.Now().Add(time.Duration(i/3)*time.Millisecond), a, b))
		}
		clock.Advance(time.Second)
		for _, spoken := range []int{1, 4, 5} { // at one time, later than all
			c.Say(t, b, want[spoken], "hello")
		}
		all := list(t, c, a, domain.ListCursor{}, 100)
		require.ElementsMatch(t, want, viewIDs(all))
		require.True(t, slices.IsSortedFunc(all, newestFirst), "by time, ties by id, both descending")

		for _, limit := range []int{1, 2, 5, 13} {
			var paged []domain.ConversationView
			cursor := domain.ListCursor{}
			for {
				page := list(t, c, a, cursor, limit)
				if len(page) == 0 {
					break
				}
				require.LessOrEqual(t, len(page), limit)
				paged = append(paged, page...)
				require.LessOrEqual(t, len(paged), len(all))
				last := page[len(page)-1]
				cursor = domain.ListCursor{At: last.SortTime(), ID: last.ID}
			}
			require.Equal(t, all, paged, "limit %d", limit)
		}
	})

	t.Run("whatever moves between the pages, each conversation is seen", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		var all []domain.ConversationID
		for range 12 {
			clock.Advance(time.Second)
			all = append(all, c.AddGroup(t, clock.Now(), a, b))
		}
		for _, limit := range []int{1, 2, 3, 5} {
			seen := c.walk(t, a, limit, func() {
				for range 1 + rng.IntN(3) {
					if rng.IntN(3) > 0 { // a clock may stand, and times be equal
						clock.Advance(time.Second)
					}
					c.Say(t, b, all[rng.IntN(len(all))], "hello")
				}
			})
			require.Subset(t, seen, all, "limit %d", limit)
		}
	})

	t.Run("what moves while the pages are read is seen, too", func(t *testing.T) {
		c := open(t, time.Now)
		users := c.AddUsers(t, "mover", 3)
		var all []domain.ConversationID
		for range 9 {
			all = append(all, c.AddGroup(t, time.Now(), users...))
		}
		stop, failed := make(chan struct{}), make(chan error, 1)
		go func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					failed <- nil
					return
				default:
				}
				d := domain.Draft{Conversation: all[n*5%len(all)], Sender: users[1].ID, ClientMsgID: NewUUID(), Body: "hello"}
				if _, _, err := c.Log.Append(t.Context(), d); err != nil {
					failed <- err
					return
				}
			}
		}()
		for range 20 {
			assert.Subset(t, c.walk(t, users[0], 2, func() {}), all)
		}
		close(stop)
		require.NoError(t, <-failed)
	})

	t.Run("a message at a time before the cursor's moves its conversation all the same", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		quiet := c.AddGroup(t, clock.Now(), a, b)
		for range 4 { // by the clock of a service that is ahead
			c.AddGroup(t, clock.Now().Add(time.Minute), a, b)
		}
		first, err := c.Reader.ListConversations(t.Context(), a.ID, domain.ListCursor{}, 2)
		require.NoError(t, err)
		clock.Advance(time.Second)
		c.Say(t, b, quiet, "hello")
		require.Contains(t, viewIDs(list(t, c, a, domain.MovedSince(first.Mark), 10)), quiet)
	})

	t.Run("to a mark that the store does not know everything has moved", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		ids := []domain.ConversationID{c.AddGroup(t, clock.Now(), a), c.AddGroup(t, clock.Now(), a), c.AddGroup(t, clock.Now(), b)}
		c.Say(t, a, ids[0], "hello")
		c.Say(t, a, ids[1], "hello")
		require.Equal(t, ids[:2], viewIDs(list(t, c, a, domain.MovedSince(-1<<40), 10)))
		require.Equal(t, ids[:1], viewIDs(list(t, c, a, domain.MovedSince(-1<<40), 1)))
		from := domain.MovedSince(-1 << 40)
		from.ID = ids[0]
		require.Equal(t, ids[1:2], viewIDs(list(t, c, a, from, 10)))
	})

	t.Run("what is returned is detached from what is stored", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddDM(t, clock.Now(), a, b)
		c.Say(t, a, id, "hello")
		v := list(t, c, a, domain.ListCursor{}, 1)[0]
		v.Last.Preview, v.Peer.Username = "forged", "forged"
		require.Equal(t, "hello", c.view(t, a, id).Last.Preview)
		require.Equal(t, b.Username, c.view(t, a, id).Peer.Username)
	})
}

// walk reads a whole list as the use case does, with something happening between the pages, and returns what it saw.
func (c Core) walk(t *testing.T, viewer domain.User, limit int, between func()) (seen []domain.ConversationID) {
	t.Helper()
	var cursor domain.ListCursor
	for pages := 0; ; pages++ {
		require.Less(t, pages, 1000)
		page, err := c.Reader.ListConversations(t.Context(), viewer.ID, cursor, limit)
		require.NoError(t, err)
		seen = append(seen, viewIDs(page.Views)...)
		if cursor.Since == 0 {
			cursor.Since = page.Mark
		}
		switch {
		case len(page.Views) == limit:
			last := page.Views[limit-1]
			cursor.ID = last.ID
			if !cursor.Moved {
				cursor.At = last.SortTime()
			}
		case cursor.Moved:
			return seen
		default:
			cursor = domain.MovedSince(cursor.Since)
		}
		between()
	}
}

func runViewMembers(t *testing.T, open Open) {
	t.Run("members are shown longest-standing first, with role, name and how far they read", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		admin, second, third := c.AddUser(t, "anna"), c.AddUser(t, "bob"), c.AddUser(t, "carl")
		at := clock.Now()
		id := c.AddGroup(t, at, admin)
		c.Join(t, id, admin, third, at.Add(2*time.Minute))
		c.Remove(t, id, admin, third)
		c.Join(t, id, admin, second, at.Add(3*time.Minute))
		c.Say(t, admin, id, "one")
		c.Join(t, id, admin, third, at.Add(4*time.Minute))
		c.Say(t, admin, id, "two")
		renamed, err := c.Users.SetUsername(t.Context(), second.ID, "Robert")
		require.NoError(t, err)

		members, err := c.Reader.ViewMembers(t.Context(), third.ID, id)
		require.NoError(t, err)
		require.Equal(t, []domain.MemberView{
			{UserID: admin.ID, Username: admin.Username, Role: domain.RoleAdmin, JoinedAt: at, LastRead: 2},
			{UserID: second.ID, Username: renamed.Username, Role: domain.RoleMember, JoinedAt: at.Add(3 * time.Minute), LastRead: 0},
			{UserID: third.ID, Username: third.Username, Role: domain.RoleMember, JoinedAt: at.Add(4 * time.Minute), LastRead: 1},
		}, members)
	})
}

func viewIDs(views []domain.ConversationView) []domain.ConversationID {
	ids := make([]domain.ConversationID, 0, len(views))
	for _, v := range views {
		ids = append(ids, v.ID)
	}
	return ids
}

func newestFirst(a, b domain.ConversationView) int {
	if d := b.SortTime().Compare(a.SortTime()); d != 0 {
		return d
	}
	return strings.Compare(string(b.ID), string(a.ID))
}
