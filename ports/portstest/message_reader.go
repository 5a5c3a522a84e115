package portstest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunMessageReader is the contract of ports.MessageReader on a log of messages; RunMessageStore adds voids.
func RunMessageReader(t *testing.T, open Open) {
	t.Run("pages", func(t *testing.T) { runEntryPages(t, open) })
	t.Run("single messages", func(t *testing.T) { runSingleMessages(t, open) })
}

// newTalk returns a room in which alice and bob have posted n messages in turn.
func newTalk(t testing.TB, open Open, n int) (room, []domain.Message) {
	t.Helper()
	r := newRoom(t, open)
	messages := make([]domain.Message, n)
	for i := range messages {
		messages[i] = r.Post(t, []domain.User{r.alice, r.bob}[i%2], r.id, strings.Repeat("word ", i*20+1))
	}
	return r, messages
}

func entriesOf(messages ...domain.Message) []domain.Entry {
	entries := make([]domain.Entry, len(messages))
	for i, m := range messages {
		entries[i] = domain.MessageEntry(m.Pointer)
	}
	return entries
}

func runEntryPages(t *testing.T, open Open) {
	from := func(t *testing.T, r room, seq domain.Seq, limit int) []domain.Entry {
		t.Helper()
		entries, err := r.Messages.EntriesFrom(t.Context(), r.id, seq, limit)
		require.NoError(t, err)
		return entries
	}
	below := func(t *testing.T, r room, seq domain.Seq, limit int) []domain.Entry {
		t.Helper()
		entries, err := r.Messages.EntriesBelow(t.Context(), r.id, seq, limit)
		require.NoError(t, err)
		return entries
	}

	t.Run("from is inclusive, ascending and respects the limit", func(t *testing.T) {
		r, m := newTalk(t, open, 7)
		require.Equal(t, entriesOf(m...), from(t, r, 1, 100))
		require.Equal(t, entriesOf(m[2:5]...), from(t, r, 3, 3))
		require.Equal(t, entriesOf(m[6]), from(t, r, 7, 1))
		require.Empty(t, from(t, r, 8, 10))
	})

	t.Run("below is exclusive, descending and respects the limit", func(t *testing.T) {
		r, m := newTalk(t, open, 7)
		require.Equal(t, entriesOf(m[6], m[5], m[4], m[3], m[2], m[1], m[0]), below(t, r, 8, 100))
		require.Equal(t, entriesOf(m[3], m[2]), below(t, r, 5, 2))
		require.Equal(t, entriesOf(m[6]), below(t, r, domain.MaxSeq, 1))
		require.Empty(t, below(t, r, 1, 10))
	})

	t.Run("entries of other conversations are not among them", func(t *testing.T) {
		r, m := newTalk(t, open, 2)
		other := r.AddGroup(t, r.clock.Now(), r.alice)
		r.Post(t, r.alice, other, "elsewhere")
		require.Equal(t, entriesOf(m...), from(t, r, 1, 100))
		require.Equal(t, entriesOf(m[1], m[0]), below(t, r, 100, 100))
	})

	t.Run("a conversation nobody wrote in, or that does not exist, has none", func(t *testing.T) {
		r := newRoom(t, open)
		for _, id := range []domain.ConversationID{r.id, domain.ConversationID(NewUUID())} {
			ascending, err := r.Messages.EntriesFrom(t.Context(), id, 1, 10)
			require.NoError(t, err)
			require.Empty(t, ascending)
			descending, err := r.Messages.EntriesBelow(t.Context(), id, domain.MaxSeq, 10)
			require.NoError(t, err)
			require.Empty(t, descending)
		}
	})

	t.Run("what was returned is the caller's own", func(t *testing.T) {
		r, m := newTalk(t, open, 2)
		page := from(t, r, 1, 10)
		page[0], page[1] = domain.VoidEntry(1), domain.VoidEntry(2)
		require.Equal(t, entriesOf(m...), from(t, r, 1, 10))
	})

	t.Run("a page of the longest texts is complete", func(t *testing.T) {
		r := newRoom(t, open)
		var m []domain.Message
		for range 4 {
			m = append(m, r.Post(t, r.alice, r.id, strings.Repeat("𝄞", domain.MaxBodyChars)))
		}
		require.Equal(t, entriesOf(m...), from(t, r, 1, 10))
	})

	t.Run("a context that has ended reads nothing", func(t *testing.T) {
		r, m := newTalk(t, open, 1)
		_, err := r.Messages.EntriesFrom(cancelled(t), r.id, 1, 10)
		require.Error(t, err)
		_, err = r.Messages.EntriesBelow(cancelled(t), r.id, 10, 10)
		require.Error(t, err)
		_, _, err = r.Messages.EntryAt(cancelled(t), r.id, 1)
		require.Error(t, err)
		_, err = r.Messages.Body(cancelled(t), r.id, 1, m[0].ID)
		require.Error(t, err)
		require.NotErrorIs(t, err, domain.ErrMessageNotFound)
	})
}

func runSingleMessages(t *testing.T, open Open) {
	t.Run("every seq has its entry and its full text, long or short", func(t *testing.T) {
		r, messages := newTalk(t, open, 5)
		for _, m := range messages {
			entry, there, err := r.Messages.EntryAt(t.Context(), r.id, m.Seq)
			require.NoError(t, err)
			require.True(t, there)
			require.Equal(t, domain.MessageEntry(m.Pointer), entry)
			r.requireBody(t, m)
		}
	})

	t.Run("a seq nothing is stored at has no entry", func(t *testing.T) {
		r, _ := newTalk(t, open, 2)
		for _, seq := range []domain.Seq{0, 3, domain.MaxSeq} {
			_, there, err := r.Messages.EntryAt(t.Context(), r.id, seq)
			require.NoError(t, err)
			require.False(t, there)
		}
	})

	t.Run("a text is found only by conversation, seq and the whole id", func(t *testing.T) {
		r, m := newTalk(t, open, 2)
		other := r.AddGroup(t, r.clock.Now(), r.alice)
		elsewhere := r.Post(t, r.alice, other, "elsewhere")
		forged := domain.NewMessageID(m[0].CreatedAt, domain.MessageIDEntropy{1, 2, 3, 4, 5}, 1)
		for _, ask := range []struct {
			conversation domain.ConversationID
			seq          domain.Seq
			id           domain.MessageID
		}{
			{r.id, 1, forged}, {r.id, 1, m[1].ID}, {r.id, 2, m[0].ID}, {r.id, 1, elsewhere.ID}, {other, 1, m[0].ID},
			{r.id, 3, m[0].ID}, {domain.ConversationID(NewUUID()), 1, m[0].ID},
		} {
			_, err := r.Messages.Body(t.Context(), ask.conversation, ask.seq, ask.id)
			require.ErrorIs(t, err, domain.ErrMessageNotFound)
		}
	})
}
