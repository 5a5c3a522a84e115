package portstest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunMessageLog is the contract of ports.MessageLog: what an adapter does in the background may lag, never lie.
func RunMessageLog(t *testing.T, open Open) {
	t.Run("append", func(t *testing.T) { runAppend(t, open) })
	t.Run("texts", func(t *testing.T) { runAppendTexts(t, open) })
	t.Run("retries", func(t *testing.T) { runAppendRetries(t, open) })
	t.Run("refusals", func(t *testing.T) { runAppendRefusals(t, open) })
	t.Run("marks", func(t *testing.T) { runAppendMarks(t, open) })
	t.Run("races", func(t *testing.T) { runAppendRaces(t, open) })
}

// room is a group of two people in a fresh adapter.
type room struct {
	Core
	clock      *ManualClock
	alice, bob domain.User
	id         domain.ConversationID
}

func newRoom(t testing.TB, open Open) room {
	t.Helper()
	clock := NewManualClock()
	r := room{Core: open(t, clock.Now), clock: clock}
	r.alice, r.bob = r.AddUser(t, "alice"), r.AddUser(t, "bob")
	r.id = r.AddGroup(t, clock.Now(), r.alice, r.bob)
	return r
}

func (r room) draft(sender domain.User, clientMsgID, body string) domain.Draft {
	return domain.Draft{Conversation: r.id, Sender: sender.ID, ClientMsgID: clientMsgID, Body: body}
}

// appendDraft posts a draft that must be accepted.
func (r room) appendDraft(t testing.TB, d domain.Draft) (domain.Message, bool) {
	t.Helper()
	m, created, err := r.Log.Append(t.Context(), d)
	require.NoError(t, err)
	return m, created
}

// entries returns all that is stored of a conversation.
func (c Core) entries(t testing.TB, id domain.ConversationID) []domain.Entry {
	t.Helper()
	var all []domain.Entry
	for {
		page, err := c.Messages.EntriesFrom(t.Context(), id, domain.Seq(len(all))+1, domain.MaxPageLimit)
		require.NoError(t, err)
		if all = append(all, page...); len(page) < domain.MaxPageLimit {
			return all
		}
	}
}

// requireLog asserts that a conversation's log consists of exactly these messages.
func (c Core) requireLog(t testing.TB, id domain.ConversationID, want ...domain.Message) {
	t.Helper()
	got := c.entries(t, id)
	require.Len(t, got, len(want))
	for i, m := range want {
		require.Equal(t, domain.MessageEntry(m.Pointer), got[i])
	}
}

func runAppend(t *testing.T, open Open) {
	t.Run("the first message has seq 1, an id that carries it, the clock's time and the members' version", func(t *testing.T) {
		r := newRoom(t, open)
		m, created := r.appendDraft(t, r.draft(r.alice, "first", "Hello"))
		require.True(t, created)
		require.EqualValues(t, 1, m.Seq)
		require.EqualValues(t, 1, m.ID.Seq())
		require.Equal(t, domain.Message{
			Pointer: domain.Pointer{
				Conversation: r.id, ID: m.ID, Seq: 1, Sender: r.alice.ID, ClientMsgID: "first", CreatedAt: r.clock.Now(),
				Preview: "Hello", MembersVersion: r.state(t, r.id).MembersVersion,
			},
			Body: "Hello",
		}, m)
		require.Equal(t, m.CreatedAt, m.ID.Time())
	})

	t.Run("each conversation counts its messages from 1, without holes", func(t *testing.T) {
		r := newRoom(t, open)
		dm := r.AddDM(t, r.clock.Now(), r.bob, r.alice)
		for want := domain.Seq(1); want <= 3; want++ {
			require.Equal(t, want, r.Post(t, r.alice, r.id, "in the group").Seq)
			require.Equal(t, want, r.Post(t, r.bob, dm, "between us").Seq)
		}
	})

	t.Run("an acknowledged message can be read at once", func(t *testing.T) {
		r := newRoom(t, open)
		m := r.Post(t, r.alice, r.id, "Hello")
		entry, there, err := r.Messages.EntryAt(t.Context(), r.id, m.Seq)
		require.NoError(t, err)
		require.True(t, there)
		require.Equal(t, domain.MessageEntry(m.Pointer), entry)
		r.requireBody(t, m)
	})

	t.Run("times are kept to the millisecond and do not go back when the clock does", func(t *testing.T) {
		r := newRoom(t, open)
		r.clock.Advance(time.Minute + 999*time.Microsecond)
		first := r.Post(t, r.alice, r.id, "one")
		require.Equal(t, domain.StoredTime(r.clock.Now()), first.CreatedAt)
		r.clock.Advance(-time.Hour)
		second := r.Post(t, r.bob, r.id, "two")
		require.Equal(t, first.CreatedAt, second.CreatedAt)
		require.Equal(t, second.CreatedAt, second.ID.Time())
		r.requireLog(t, r.id, first, second)
	})

	t.Run("a message carries the version of the members it was sent under", func(t *testing.T) {
		r := newRoom(t, open)
		before := r.Post(t, r.alice, r.id, "with bob")
		after := r.Remove(t, r.id, r.alice, r.bob)
		m := r.Post(t, r.alice, r.id, "without bob")
		require.Less(t, before.MembersVersion, after.MembersVersion)
		require.Equal(t, after.MembersVersion, m.MembersVersion)
		r.requireLog(t, r.id, before, m)
	})
}

func runAppendTexts(t *testing.T, open Open) {
	texts := map[string]string{
		"a text of 200 characters is its own preview":        strings.Repeat("é", domain.PreviewChars),
		"a text of 201 characters has more than its preview": strings.Repeat("é", domain.PreviewChars+1),
		"a preview does not cut a character in two":          strings.Repeat("x", domain.PreviewChars-1) + "👩‍👩‍👧‍👦 and on",
		"white space around a text is kept":                  " \n\tHello \r\n ",
		"control characters and odd Unicode are kept":        "a\x01b\u202ec\ufeff\U0010ffff\u0301",
		"the largest text survives":                          strings.Repeat("𝄞", domain.MaxBodyChars),
	}
	for name, body := range texts {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, open)
			d := r.draft(r.alice, "once", body)
			m, _ := r.appendDraft(t, d)
			preview, more := domain.PreviewOf(body)
			require.Equal(t, preview, m.Preview)
			require.Equal(t, more, m.HasMore)
			r.requireSame(t, body, m.Body)
			r.requireBody(t, m)
			r.requireLog(t, r.id, m)
			again, created := r.appendDraft(t, d)
			require.False(t, created)
			require.Equal(t, m.Pointer, again.Pointer)
			r.requireSame(t, body, again.Body)
		})
	}
}

// requireBody asserts that the full text of a message is stored.
func (c Core) requireBody(t testing.TB, m domain.Message) {
	t.Helper()
	body, err := c.Messages.Body(t.Context(), m.Conversation, m.Seq, m.ID)
	require.NoError(t, err)
	c.requireSame(t, m.Body, body)
}

// requireSame compares texts that are too long to be printed.
func (c Core) requireSame(t testing.TB, want, got string) {
	t.Helper()
	if want != got {
		t.Fatalf("the text differs; %d bytes are wanted, %d are there", len(want), len(got))
	}
}

func runAppendRetries(t *testing.T, open Open) {
	t.Run("a retry returns the first message, bit by bit, whatever has changed since", func(t *testing.T) {
		r := newRoom(t, open)
		d := r.draft(r.bob, "once", "Hello")
		first, created := r.appendDraft(t, d)
		require.True(t, created)
		r.Post(t, r.alice, r.id, "in between")
		r.clock.Advance(48 * time.Hour)
		r.change(t, r.id, func(c *domain.Conversation) error { return c.SetRole(r.alice.ID, r.bob.ID, domain.RoleAdmin) })
		for range 3 {
			again, created := r.appendDraft(t, d)
			require.False(t, created)
			require.Equal(t, first, again)
		}
		require.Len(t, r.entries(t, r.id), 2)
	})

	t.Run("another text under a used id is refused and changes nothing", func(t *testing.T) {
		r := newRoom(t, open)
		first, _ := r.appendDraft(t, r.draft(r.alice, "once", "Hello"))
		_, created, err := r.Log.Append(t.Context(), r.draft(r.alice, "once", "Hello!"))
		require.ErrorIs(t, err, domain.ErrClientMsgIDReused)
		require.False(t, created)
		next := r.Post(t, r.alice, r.id, "next")
		require.EqualValues(t, 2, next.Seq)
		r.requireLog(t, r.id, first, next)
		r.requireBody(t, first)
	})

	t.Run("a used id is free for another sender, in another conversation, and in other letters", func(t *testing.T) {
		r := newRoom(t, open)
		other := r.AddGroup(t, r.clock.Now(), r.alice)
		elsewhere := r.draft(r.alice, "id", "Hello")
		elsewhere.Conversation = other
		ids := map[domain.MessageID]bool{}
		for _, d := range []domain.Draft{
			r.draft(r.alice, "id", "Hello"), r.draft(r.bob, "id", "Hello"), r.draft(r.alice, "ID", "Hello"), elsewhere,
		} {
			m, created := r.appendDraft(t, d)
			require.True(t, created)
			ids[m.ID] = true
		}
		require.Len(t, ids, 4)
		require.Len(t, r.entries(t, r.id), 3)
		require.Len(t, r.entries(t, other), 1)
	})

	t.Run("who left and came back finds earlier messages by their ids", func(t *testing.T) {
		r := newRoom(t, open)
		d := r.draft(r.bob, "once", "Hello")
		first, _ := r.appendDraft(t, d)
		r.Remove(t, r.id, r.bob, r.bob)
		r.Join(t, r.id, r.alice, r.bob, r.clock.Now())
		again, created := r.appendDraft(t, d)
		require.False(t, created)
		require.Equal(t, first, again)
	})
}
