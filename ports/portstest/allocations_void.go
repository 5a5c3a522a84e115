package portstest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func runRefused(t *testing.T, open OpenAllocating) {
	// refuse asks for another seq because the store would not take the message at the given one.
	refuse := func(a allocating, t *testing.T, r domain.AllocationRequest, why domain.Refusal) (domain.Allocation, bool) {
		t.Helper()
		r.Refused = why
		got, created, err := a.Allocations.Allocate(t.Context(), r)
		require.NoError(t, err)
		return got, created
	}

	t.Run("it becomes a void, and the draft gets another, in one step", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		got, created := refuse(a, t, r, domain.Refusal{Seq: 1})
		require.True(t, created)
		require.EqualValues(t, 2, got.Seq)
		require.Equal(t, domain.Pending, got.State)
		a.requireHead(t, 2, 2)
		a.settle(t, domain.Stored, 2)
		a.requireHead(t, 3, 2)
		a.requireUnread(t, 1)
	})

	t.Run("refused as foreign, it counts as a message", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		refuse(a, t, r, domain.Refusal{Seq: 1, Foreign: true})
		a.settle(t, domain.Stored, 2)
		a.requireUnread(t, 2)
	})

	t.Run("once replaced, the same refusal returns the replacement", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		first, _ := refuse(a, t, r, domain.Refusal{Seq: 1})
		again, created := refuse(a, t, r, domain.Refusal{Seq: 1})
		require.False(t, created)
		require.Equal(t, first, again)
		a.requireHead(t, 2, 2)
	})

	t.Run("of racing refusals one makes the replacement, and all get it", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		r.Refused = domain.Refusal{Seq: 1}
		got, made := a.race(t, 20, func(int) domain.AllocationRequest { return r })
		require.Equal(t, 1, made)
		for _, g := range got {
			require.EqualValues(t, 2, g.Seq)
		}
		a.settle(t, domain.Stored, 2)
		a.requireUnread(t, 1)
	})

	t.Run("a seq that was voided meanwhile is replaced without counting twice", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		a.void(t, 1, domain.VoidTombstone)
		got, created := refuse(a, t, r, domain.Refusal{Seq: 1})
		require.True(t, created)
		require.EqualValues(t, 2, got.Seq)
		a.settle(t, domain.Stored, 2)
		a.requireUnread(t, 1)
	})

	t.Run("a refusal of somebody else's seq closes nothing", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocate(t, a.requestOf(a.reader))
		r := a.request()
		a.allocate(t, r)
		got, created := refuse(a, t, r, domain.Refusal{Seq: 1})
		require.False(t, created)
		require.EqualValues(t, 2, got.Seq)
		a.requireHead(t, 1, 2)
	})

	t.Run("a stored message is never closed", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		first := a.allocate(t, r)
		a.settle(t, domain.Stored, 1)
		got, created := refuse(a, t, r, domain.Refusal{Seq: 1})
		require.False(t, created)
		require.Equal(t, first.MessageID, got.MessageID)
		require.Equal(t, domain.Stored, got.State)
		a.requireHead(t, 2, 1)
		a.requireUnread(t, 1)
	})

	t.Run("neither another text nor a stranger can refuse", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		r.Refused = domain.Refusal{Seq: 1}
		otherText, stranger := r, r
		otherText.BodyHash[0]++
		_, _, err := a.Allocations.Allocate(t.Context(), otherText)
		require.ErrorIs(t, err, domain.ErrClientMsgIDReused)
		stranger.Sender = a.AddUser(t, "carl").ID
		_, _, err = a.Allocations.Allocate(t.Context(), stranger)
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
		a.requireHead(t, 1, 1)
	})
}

func runVoid(t *testing.T, open OpenAllocating) {
	t.Run("a void is settled and not unread", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 3)
		a.settle(t, domain.Stored, 1, 3)
		a.requireHead(t, 2, 3)
		a.requireUnread(t, 1)
		a.void(t, 2, domain.VoidTombstone)
		a.requireHead(t, 4, 3)
		a.requireUnread(t, 2)
	})

	t.Run("a seq held by another message counts as one", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 2)
		a.settle(t, domain.Stored, 2)
		a.void(t, 1, domain.VoidForeign)
		a.requireHead(t, 3, 2)
		a.requireUnread(t, 2)
	})

	t.Run("voids closed in any order are counted from any mark", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 6)
		for _, seq := range []domain.Seq{5, 2, 4} {
			a.void(t, seq, domain.VoidTombstone)
		}
		a.settle(t, domain.Stored, 1, 3, 6)
		for read, unread := range []int64{3, 2, 2, 1, 1, 1, 0} {
			mark, _, _, err := a.ReadMarks.MarkRead(t.Context(), a.reader.ID, a.group, domain.Seq(read))
			require.NoError(t, err)
			require.Equal(t, domain.ReadMark{LastRead: domain.Seq(read), Unread: unread, Settled: 6}, mark)
		}
	})

	t.Run("voiding again, for whatever reason, counts once", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 3)
		a.settle(t, domain.Stored, 2, 3)
		for range 3 {
			a.void(t, 1, domain.VoidTombstone)
		}
		a.void(t, 1, domain.VoidForeign)
		a.requireUnread(t, 2)
	})

	t.Run("what is stored or published or unknown is not voided", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 3)
		a.settle(t, domain.Stored, 1)
		a.settle(t, domain.Published, 2, 3)
		for _, seq := range []domain.Seq{1, 2, 3, 4} {
			a.void(t, seq, domain.VoidTombstone)
		}
		require.NoError(t, a.Allocations.Void(t.Context(), newConversationID(), 1, domain.VoidTombstone))
		a.requireHead(t, 4, 3)
		a.requireUnread(t, 3)
	})

	t.Run("a void is final: it cannot be settled", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 1)
		a.void(t, 1, domain.VoidTombstone)
		a.settle(t, domain.Stored, 1)
		a.settle(t, domain.Published, 1)
		a.requireUnread(t, 0)
		require.Nil(t, a.view(t, a.reader, a.group).Last)
	})

	t.Run("the client_msg_id of a void is free", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		a.void(t, 1, domain.VoidTombstone)
		require.EqualValues(t, 2, a.allocate(t, r).Seq)
	})
}
