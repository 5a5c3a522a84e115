package portstest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"chatsystem/domain"
)

// RunReadMarks is the contract of ports.ReadMarks, and of the unread counts that follow from the marks.
func RunReadMarks(t *testing.T, open Open) {
	t.Run("marks", func(t *testing.T) { runMarks(t, open) })
	t.Run("who may mark", func(t *testing.T) { runMarkers(t, open) })
	t.Run("unread is exact whatever is posted, read, joined and left", func(t *testing.T) { runUnread(t, open) })
}

// reading is a group in which one posts and the other reads.
type reading struct {
	Core
	clock          *ManualClock
	writer, reader domain.User
	group          domain.ConversationID
}

func newReading(t *testing.T, open Open, messages int) reading {
	clock := NewManualClock()
	c := open(t, clock.Now)
	r := reading{Core: c, clock: clock, writer: c.AddUser(t, "anna"), reader: c.AddUser(t, "bob")}
	r.group = c.AddGroup(t, clock.Now(), r.writer, r.reader)
	for i := range messages {
		c.Say(t, r.writer, r.group, fmt.Sprintf("message %d", i+1))
	}
	return r
}

func (r reading) mark(t *testing.T, seq domain.Seq) (domain.ReadMark, bool) {
	t.Helper()
	mark, moved, peer, err := r.ReadMarks.MarkRead(t.Context(), r.reader.ID, r.group, seq)
	require.NoError(t, err)
	require.Empty(t, peer, "a group has no peer")
	return mark, moved
}

func runMarks(t *testing.T, open Open) {
	t.Run("a mark moves forward and says what is unread above it", func(t *testing.T) {
		r := newReading(t, open, 5)
		require.Equal(t, domain.ReadMark{LastRead: 0, Unread: 5, Settled: 5}, r.view(t, r.reader, r.group).Read)
		mark, moved := r.mark(t, 2)
		require.True(t, moved)
		require.Equal(t, domain.ReadMark{LastRead: 2, Unread: 3, Settled: 5}, mark)
		require.Equal(t, mark, r.view(t, r.reader, r.group).Read)
	})

	t.Run("it never moves back, and staying is no move", func(t *testing.T) {
		r := newReading(t, open, 5)
		r.mark(t, 4)
		for _, seq := range []domain.Seq{4, 3, 0, -1} {
			mark, moved := r.mark(t, seq)
			require.False(t, moved)
			require.Equal(t, domain.ReadMark{LastRead: 4, Unread: 1, Settled: 5}, mark)
		}
	})

	t.Run("it goes to last_seq at most", func(t *testing.T) {
		r := newReading(t, open, 3)
		mark, moved := r.mark(t, domain.MaxSeq+1)
		require.True(t, moved)
		require.Equal(t, domain.ReadMark{LastRead: 3, Unread: 0, Settled: 3}, mark)
		r.Say(t, r.writer, r.group, "one more")
		require.EqualValues(t, 1, r.view(t, r.reader, r.group).Read.Unread)
	})

	t.Run("everyone's mark is their own, and who writes has read", func(t *testing.T) {
		r := newReading(t, open, 3)
		r.mark(t, 1)
		require.Equal(t, domain.ReadMark{LastRead: 3, Unread: 0, Settled: 3}, r.view(t, r.writer, r.group).Read)
		r.Say(t, r.reader, r.group, "answer")
		require.Equal(t, domain.ReadMark{LastRead: 4, Unread: 0, Settled: 4}, r.view(t, r.reader, r.group).Read)
		require.EqualValues(t, 1, r.view(t, r.writer, r.group).Read.Unread)
	})

	t.Run("racing marks end at the highest", func(t *testing.T) {
		r := newReading(t, open, 20)
		errs := race(20, func(i int) error {
			_, _, _, err := r.ReadMarks.MarkRead(t.Context(), r.reader.ID, r.group, domain.Seq(i))
			return err
		})
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, domain.ReadMark{LastRead: 19, Unread: 1, Settled: 20}, r.view(t, r.reader, r.group).Read)
	})
}

func runMarkers(t *testing.T, open Open) {
	t.Run("in a direct conversation the other person is named", func(t *testing.T) {
		clock := NewManualClock()
		c := open(t, clock.Now)
		a, b := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddDM(t, clock.Now(), a, b)
		c.Say(t, a, id, "hello")
		_, moved, peer, err := c.ReadMarks.MarkRead(t.Context(), b.ID, id, 1)
		require.NoError(t, err)
		require.True(t, moved)
		require.Equal(t, a.ID, peer)
	})

	t.Run("strangers and removed members find nothing", func(t *testing.T) {
		r := newReading(t, open, 1)
		r.Remove(t, r.group, r.writer, r.reader)
		for _, id := range []domain.UserID{r.reader.ID, r.AddUser(t, "carl").ID} {
			_, _, _, err := r.ReadMarks.MarkRead(t.Context(), id, r.group, 1)
			require.ErrorIs(t, err, domain.ErrConversationNotFound)
		}
		_, _, _, err := r.ReadMarks.MarkRead(t.Context(), r.writer.ID, domain.ConversationID(NewUUID()), 1)
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
	})
}

// runUnread compares the counts with a model that counts one by one.
func runUnread(t *testing.T, open Open) {
	clock := NewManualClock()
	c := open(t, clock.Now)
	users := c.AddUsers(t, "member", 4)
	admin := users[0]
	rapid.Check(t, func(rt *rapid.T) {
		id := c.AddGroup(t, clock.Now(), users...)
		posted := domain.Seq(0)
		read := map[domain.UserID]domain.Seq{}
		active := map[domain.UserID]bool{}
		for _, u := range users {
			read[u.ID], active[u.ID] = 0, true
		}
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"post", "read", "leave or join"}), 1, 12).Draw(rt, "steps")
		for _, step := range steps {
			u := rapid.SampledFrom(users).Draw(rt, "user")
			switch {
			case step == "post" && active[u.ID]:
				posted = c.Say(t, u, id, "hello").Seq
				read[u.ID] = posted
			case step == "read" && active[u.ID]:
				to := domain.Seq(rapid.Int64Range(0, int64(posted)+2).Draw(rt, "to"))
				_, _, _, err := c.ReadMarks.MarkRead(t.Context(), u.ID, id, to)
				require.NoError(rt, err)
				read[u.ID] = max(read[u.ID], min(to, posted))
			case step == "leave or join" && active[u.ID] && u.ID != admin.ID:
				c.Remove(t, id, admin, u)
				active[u.ID] = false
			case step == "leave or join" && !active[u.ID]:
				c.Join(t, id, admin, u, clock.Now())
				read[u.ID], active[u.ID] = posted, true
			}
			for _, u := range users {
				if active[u.ID] {
					want := domain.ReadMark{LastRead: read[u.ID], Unread: int64(posted - read[u.ID]), Settled: posted}
					require.Equal(rt, want, c.view(t, u, id).Read)
				}
			}
		}
	})
}
