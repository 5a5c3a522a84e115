package portstest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunMessageStore is the contract of ports.MessageStore.
func RunMessageStore(t *testing.T, open func(testing.TB) ports.MessageStore) {
	t.Run("putting", func(t *testing.T) { runPut(t, open) })
	t.Run("reading", func(t *testing.T) { runEntries(t, open) })
	t.Run("bodies", func(t *testing.T) { runBodies(t, open) })
	t.Run("racing writes", func(t *testing.T) { runRacingPuts(t, open) })
}

func newConversationID() domain.ConversationID { return domain.ConversationID(NewUUID()) }

// newMessage returns a message as it is posted at a seq.
func newMessage(c domain.ConversationID, seq domain.Seq, body string) domain.Message {
	d := domain.Draft{Conversation: c, Sender: newUserID(), ClientMsgID: "client-" + NewUUID(), Body: body}
	at := time.Date(2026, 1, 7, 12, 34, 56, 789_000_000, time.UTC)
	var entropy domain.MessageIDEntropy
	copy(entropy[:], d.ClientMsgID[len(d.ClientMsgID)-len(entropy):])
	return domain.PostMessage(d, domain.Allocation{
		Seq: seq, MessageID: domain.NewMessageID(at, entropy, seq), CreatedAt: at, MembersVersion: 42,
	})
}

func put(t *testing.T, s ports.MessageStore, m domain.Message) {
	t.Helper()
	e, err := s.Put(t.Context(), m)
	require.NoError(t, err)
	require.True(t, e.Holds(m.ID))
}

func bury(t *testing.T, s ports.MessageStore, c domain.ConversationID, seq domain.Seq) {
	t.Helper()
	e, err := s.Bury(t.Context(), c, seq)
	require.NoError(t, err)
	require.Equal(t, domain.VoidEntry(seq), e)
}

func runPut(t *testing.T, open func(testing.TB) ports.MessageStore) {
	t.Run("a stored message is the entry at its seq", func(t *testing.T) {
		s := open(t)
		for name, body := range map[string]string{"short": "hello <world> & \"others\"", "long": strings.Repeat("é", 1000)} {
			m := newMessage(newConversationID(), 5, body)
			e, err := s.Put(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, domain.MessageEntry(m.Pointer), e, name)
			e, there, err := s.EntryAt(t.Context(), m.Conversation, 5)
			require.NoError(t, err)
			require.True(t, there)
			require.Equal(t, domain.MessageEntry(m.Pointer), e, name)
		}
	})

	t.Run("putting it again changes nothing and returns it", func(t *testing.T) {
		s := open(t)
		m := newMessage(newConversationID(), 1, strings.Repeat("long ", 100))
		put(t, s, m)
		put(t, s, m)
		entries, err := s.EntriesFrom(t.Context(), m.Conversation, 1, 10)
		require.NoError(t, err)
		require.Equal(t, []domain.Entry{domain.MessageEntry(m.Pointer)}, entries)
	})

	t.Run("a taken seq returns its holder, which survives, its body too", func(t *testing.T) {
		s := open(t)
		c := newConversationID()
		first, second := newMessage(c, 1, strings.Repeat("first ", 100)), newMessage(c, 1, strings.Repeat("second ", 100))
		put(t, s, first)
		e, err := s.Put(t.Context(), second)
		require.NoError(t, err)
		require.Equal(t, domain.MessageEntry(first.Pointer), e)
		body, err := s.Body(t.Context(), c, 1, first.ID)
		require.NoError(t, err)
		require.Equal(t, first.Body, body)
		_, err = s.Body(t.Context(), c, 1, second.ID)
		require.ErrorIs(t, err, domain.ErrMessageNotFound)
	})

	t.Run("a void keeps a message out", func(t *testing.T) {
		s := open(t)
		m := newMessage(newConversationID(), 3, strings.Repeat("long ", 100))
		bury(t, s, m.Conversation, 3)
		bury(t, s, m.Conversation, 3)
		e, err := s.Put(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, domain.VoidEntry(3), e)
		_, err = s.Body(t.Context(), m.Conversation, 3, m.ID)
		require.ErrorIs(t, err, domain.ErrMessageNotFound)
	})

	t.Run("a message keeps a void out", func(t *testing.T) {
		s := open(t)
		m := newMessage(newConversationID(), 3, "hello")
		put(t, s, m)
		e, err := s.Bury(t.Context(), m.Conversation, 3)
		require.NoError(t, err)
		require.Equal(t, domain.MessageEntry(m.Pointer), e)
	})

	t.Run("a context that has ended stops everything", func(t *testing.T) {
		s, ctx := open(t), cancelled(t)
		m := newMessage(newConversationID(), 1, "hello")
		_, err := s.Put(ctx, m)
		require.Error(t, err)
		_, err = s.Bury(ctx, m.Conversation, 1)
		require.Error(t, err)
		_, err = s.EntriesFrom(ctx, m.Conversation, 1, 10)
		require.Error(t, err)
		_, err = s.EntriesBelow(ctx, m.Conversation, 10, 10)
		require.Error(t, err)
		_, _, err = s.EntryAt(ctx, m.Conversation, 1)
		require.Error(t, err)
		_, err = s.Body(ctx, m.Conversation, 1, m.ID)
		require.Error(t, err)
	})
}

func runEntries(t *testing.T, open func(testing.TB) ports.MessageStore) {
	s := open(t)
	c := newConversationID()
	var want []domain.Entry // seqs 1, 2, 4 (void), 5, 9, 10, 100: written out of order, with gaps
	for _, seq := range []domain.Seq{10, 1, 5, 100, 2, 9} {
		m := newMessage(c, seq, "hello")
		put(t, s, m)
		want = append(want, domain.MessageEntry(m.Pointer))
	}
	bury(t, s, c, 4)
	want = append(want, domain.VoidEntry(4))
	slices.SortFunc(want, func(a, b domain.Entry) int { return int(a.Seq - b.Seq) })
	put(t, s, newMessage(newConversationID(), 3, "of another conversation"))

	from := map[string]struct {
		from  domain.Seq
		limit int
		want  []domain.Entry
	}{
		"from is inclusive, ascending":                {1, 100, want},
		"from may be a gap":                           {6, 100, want[4:]},
		"from a void on, the void is there":           {4, 100, want[2:]},
		"no more than limit are returned, the lowest": {2, 3, want[1:4]},
		"beyond the last there is nothing":            {101, 100, nil},
		"from 0 is from the beginning":                {0, 2, want[:2]},
		"the largest seq is a place like any other":   {domain.MaxSeq, 1, nil},
	}
	for name, tc := range from {
		t.Run(name, func(t *testing.T) {
			got, err := s.EntriesFrom(t.Context(), c, tc.from, tc.limit)
			require.NoError(t, err)
			require.ElementsMatch(t, tc.want, got)
			require.True(t, slices.IsSortedFunc(got, func(a, b domain.Entry) int { return int(a.Seq - b.Seq) }))
		})
	}

	below := map[string]struct {
		below domain.Seq
		limit int
		want  []domain.Entry
	}{
		"below is exclusive, descending":               {100, 100, want[:6]},
		"below may be a gap":                           {8, 100, want[:4]},
		"no more than limit are returned, the highest": {10, 2, want[3:5]},
		"below the first there is nothing":             {1, 100, nil},
		"below everything is everything":               {domain.MaxSeq, 100, want},
	}
	for name, tc := range below {
		t.Run(name, func(t *testing.T) {
			got, err := s.EntriesBelow(t.Context(), c, tc.below, tc.limit)
			require.NoError(t, err)
			require.ElementsMatch(t, tc.want, got)
			require.True(t, slices.IsSortedFunc(got, func(a, b domain.Entry) int { return int(b.Seq - a.Seq) }))
		})
	}

	t.Run("a seq that nothing holds is absent", func(t *testing.T) {
		for _, seq := range []domain.Seq{0, 3, 101} {
			_, there, err := s.EntryAt(t.Context(), c, seq)
			require.NoError(t, err)
			require.False(t, there)
		}
		_, there, err := s.EntryAt(t.Context(), newConversationID(), 1)
		require.NoError(t, err)
		require.False(t, there)
	})

	t.Run("pages of long messages are complete", func(t *testing.T) {
		s, c := open(t), newConversationID()
		body := strings.Repeat("😀", 10_000)
		for seq := domain.Seq(1); seq <= 60; seq++ {
			put(t, s, newMessage(c, seq, body))
		}
		got, err := s.EntriesFrom(t.Context(), c, 1, 60)
		require.NoError(t, err)
		require.Len(t, got, 60)
		got, err = s.EntriesBelow(t.Context(), c, 61, 60)
		require.NoError(t, err)
		require.Len(t, got, 60)
	})

	t.Run("what is returned is detached from what is stored", func(t *testing.T) {
		got, err := s.EntriesFrom(t.Context(), c, 1, 100)
		require.NoError(t, err)
		got[0].Pointer.Preview = "forged"
		got, err = s.EntriesFrom(t.Context(), c, 1, 100)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}
