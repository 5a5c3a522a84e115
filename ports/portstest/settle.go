package portstest

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunSettler is the contract of ports.Settler on messages that are stored; RunAllocations settles pending ones.
func RunSettler(t *testing.T, open Open) {
	settle := func(t *testing.T, r room, state domain.AllocationState, messages ...domain.Message) {
		t.Helper()
		require.NoError(t, r.Settler.Settle(t.Context(), settlements(state, messages...)))
	}

	t.Run("what is published is finished, the rest is not", func(t *testing.T) {
		r, m := newTalk(t, open, 5)
		settle(t, r, domain.Published, m[0], m[2])
		r.awaitUnfinished(t, m[1], m[3], m[4])
	})

	t.Run("order and repetition do not matter", func(t *testing.T) {
		r, m := newTalk(t, open, 5)
		settle(t, r, domain.Published, m[4])
		settle(t, r, domain.Published, m[2], m[0], m[2])
		settle(t, r, domain.Published, m[4], m[3])
		r.awaitUnfinished(t, m[1])
	})

	t.Run("conversations may be mixed in one call", func(t *testing.T) {
		r, m := newTalk(t, open, 2)
		dm := r.AddDM(t, r.clock.Now(), r.alice, r.bob)
		first, second := r.Post(t, r.bob, dm, "one"), r.Post(t, r.bob, dm, "two")
		settle(t, r, domain.Published, second, m[0])
		r.awaitUnfinished(t, m[1], first)
	})

	t.Run("nothing goes back: what is published stays so", func(t *testing.T) {
		r, m := newTalk(t, open, 2)
		settle(t, r, domain.Published, m[0])
		settle(t, r, domain.Stored, m...)
		settle(t, r, domain.Pending, m...)
		settle(t, r, domain.Voided, m[0])
		r.awaitUnfinished(t, m[1])
		require.Equal(t, entriesOf(m...), r.entries(t, r.id))
	})

	t.Run("lists and read marks are not moved back by an old message that is settled late", func(t *testing.T) {
		r, m := newTalk(t, open, 4) // alice, bob, alice, bob
		last := m[3]
		settle(t, r, domain.Published, m[2], last)
		settle(t, r, domain.Published, m[0], m[1])
		r.awaitRead(t, r.bob, domain.ReadMark{LastRead: 4, Settled: 4})
		r.awaitRead(t, r.alice, domain.ReadMark{LastRead: 3, Unread: 1, Settled: 4})
		require.Equal(t, &domain.LastMessage{
			ID: last.ID, Seq: 4, Sender: r.bob.ID, At: last.CreatedAt, Preview: last.Preview, HasMore: last.HasMore,
		}, r.view(t, r.alice, r.id).Last)
	})

	t.Run("seqs and conversations that do not exist are ignored", func(t *testing.T) {
		r, m := newTalk(t, open, 1)
		unknown, elsewhere := m[0], m[0]
		unknown.Seq = 99
		elsewhere.Conversation = domain.ConversationID(NewUUID())
		settle(t, r, domain.Published, unknown, elsewhere)
		r.awaitUnfinished(t, m[0])
		require.EqualValues(t, 2, r.Post(t, r.alice, r.id, "next").Seq)
	})

	t.Run("settling nothing is nothing", func(t *testing.T) {
		r, _ := newTalk(t, open, 1)
		require.NoError(t, r.Settler.Settle(t.Context(), nil))
	})

	t.Run("many at once, while messages come in, are all recorded", func(t *testing.T) {
		r := newRoom(t, open)
		require.NoError(t, errors.Join(race(8, func(int) error {
			for range 5 {
				m, _, err := r.Log.Append(t.Context(), r.draft(r.alice, NewUUID(), "Hello"))
				if err != nil {
					return err
				}
				if err := r.Settler.Settle(t.Context(), settlements(domain.Published, m)); err != nil {
					return err
				}
			}
			return nil
		})...))
		require.Len(t, r.entries(t, r.id), 40)
		left := r.Post(t, r.bob, r.id, "left")
		r.awaitUnfinished(t, left)
	})

	t.Run("a context that has ended records nothing", func(t *testing.T) {
		r, m := newTalk(t, open, 1)
		require.Error(t, r.Settler.Settle(cancelled(t), settlements(domain.Published, m...)))
		r.awaitUnfinished(t, m...)
	})
}

// settlements returns what moves the messages to a state.
func settlements(state domain.AllocationState, messages ...domain.Message) []domain.Settlement {
	s := make([]domain.Settlement, len(messages))
	for i, m := range messages {
		s[i] = domain.Settlement{Conversation: m.Conversation, Seq: m.Seq, State: state, Last: m.Pointer}
	}
	return s
}

// awaitUnfinished asserts that exactly these messages are unfinished, by leasing all of them for good.
func (r room) awaitUnfinished(t testing.TB, want ...domain.Message) {
	t.Helper()
	var ids []domain.MessageID
	for _, a := range r.leaseAll(t, len(want)) {
		ids = append(ids, a.MessageID)
	}
	slices.Sort(ids)
	var wanted []domain.MessageID
	for _, m := range want {
		wanted = append(wanted, m.ID)
	}
	slices.Sort(wanted)
	require.Equal(t, wanted, ids)
	require.Empty(t, r.lease(t, forever, 100))
}
