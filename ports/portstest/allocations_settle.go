package portstest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func runSettle(t *testing.T, open OpenAllocating) {
	t.Run("the floor is the lowest pending seq, else the one after the last", func(t *testing.T) {
		a := newAllocating(t, open)
		a.requireHead(t, 1, 0)
		a.allocateN(t, 4)
		a.requireHead(t, 1, 4)
		a.settle(t, domain.Stored, 2, 3)
		a.requireHead(t, 1, 4)
		a.requireUnread(t, 0)
		a.settle(t, domain.Published, 1)
		a.requireHead(t, 4, 4)
		a.requireUnread(t, 3)
		a.settle(t, domain.Stored, 4)
		a.requireHead(t, 5, 4)
		a.requireUnread(t, 4)
	})

	t.Run("the last message moves forward, never back", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 3)
		a.settle(t, domain.Stored, 2)
		require.EqualValues(t, 2, a.view(t, a.reader, a.group).Last.Seq)
		a.settle(t, domain.Stored, 1)
		a.settle(t, domain.Published, 1, 2)
		require.EqualValues(t, 2, a.view(t, a.reader, a.group).Last.Seq)
		a.settle(t, domain.Published, 3)
		require.EqualValues(t, 3, a.view(t, a.reader, a.group).Last.Seq)
	})

	t.Run("the sender's mark moves forward with it, never back", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 3)
		a.settle(t, domain.Stored, 2)
		require.EqualValues(t, 2, a.view(t, a.writer, a.group).Read.LastRead)
		a.settle(t, domain.Stored, 1)
		require.EqualValues(t, 2, a.view(t, a.writer, a.group).Read.LastRead)
		require.Zero(t, a.view(t, a.reader, a.group).Read.LastRead)
	})

	t.Run("repeating, going back and mixing conversations is harmless", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 2)
		elsewhere := a.request()
		elsewhere.Conversation = a.AddGroup(t, a.Now(), a.writer)
		a.allocate(t, elsewhere)
		there := a.settlement(1, domain.Stored, a.writer)
		there.Conversation, there.Last.Conversation = elsewhere.Conversation, elsewhere.Conversation
		unknown := a.settlement(7, domain.Stored, a.writer)
		lost := there
		lost.Conversation = newConversationID()
		batch := []domain.Settlement{
			a.settlement(2, domain.Published, a.writer), there, a.settlement(1, domain.Stored, a.writer), unknown, lost,
			a.settlement(2, domain.Stored, a.writer), there,
		}
		for range 2 {
			require.NoError(t, a.Allocations.Settle(t.Context(), batch))
			a.requireHead(t, 3, 2)
			head, err := a.Heads.Head(t.Context(), a.writer.ID, elsewhere.Conversation)
			require.NoError(t, err)
			require.Equal(t, domain.Head{Floor: 2, LastSeq: 1}, head)
			require.EqualValues(t, 2, a.view(t, a.reader, a.group).Last.Seq, "an unknown seq is ignored")
		}
		require.NoError(t, a.Allocations.Settle(t.Context(), nil))
	})

	t.Run("racing settlements of the same messages agree", func(t *testing.T) {
		a := newAllocating(t, open)
		const n = 20
		a.allocateN(t, n)
		errs := race(8, func(i int) error {
			var batch []domain.Settlement
			for k := range n {
				seq := domain.Seq(k + 1)
				if i%2 == 1 {
					seq = domain.Seq(n - k)
				}
				batch = append(batch, a.settlement(seq, domain.Stored, a.writer))
			}
			return a.Allocations.Settle(t.Context(), batch)
		})
		require.NoError(t, errors.Join(errs...))
		a.requireHead(t, n+1, n)
		a.requireUnread(t, n)
	})
}

func runLease(t *testing.T, open OpenAllocating) {
	const age, term = 5 * time.Minute, 30 * time.Minute // far beyond what a slow server takes
	lease := func(t *testing.T, a allocating, limit int) []domain.Seq {
		t.Helper()
		leased, err := a.Allocations.LeaseUnfinished(t.Context(), age, term, limit)
		require.NoError(t, err)
		seqs := make([]domain.Seq, 0, len(leased))
		for _, l := range leased {
			require.Equal(t, a.group, l.Conversation)
			seqs = append(seqs, l.Seq)
		}
		return seqs
	}

	t.Run("pending and stored ones are leased when they are old enough, the oldest first", func(t *testing.T) {
		a := newAllocating(t, open)
		for range 5 {
			a.allocate(t, a.request())
			a.Pass(time.Minute)
		}
		a.settle(t, domain.Stored, 2)
		a.settle(t, domain.Published, 3)
		a.void(t, 4, domain.VoidTombstone)
		require.Empty(t, lease(t, newAllocating(t, open), 10))
		a.Pass(time.Minute / 2) // 5.5, 4.5, 3.5, 2.5 and 1.5 minutes old
		require.Equal(t, []domain.Seq{1}, lease(t, a, 10))
		a.Pass(age)
		require.Equal(t, []domain.Seq{2, 5}, lease(t, a, 10), "neither the published one nor the void")
	})

	t.Run("a leased one is kept from others until the lease is over", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 2)
		a.Pass(age + time.Minute)
		require.Len(t, lease(t, a, 1), 1)
		require.Len(t, lease(t, a, 10), 1)
		require.Empty(t, lease(t, a, 10))
		a.Pass(term - time.Minute)
		require.Empty(t, lease(t, a, 10))
		a.Pass(2 * time.Minute)
		require.ElementsMatch(t, []domain.Seq{1, 2}, lease(t, a, 10))
	})

	t.Run("what was leased comes complete", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		want := a.allocate(t, r)
		a.Pass(age + time.Minute)
		leased, err := a.Allocations.LeaseUnfinished(t.Context(), age, term, 10)
		require.NoError(t, err)
		require.Len(t, leased, 1)
		want.CreatedAt = leased[0].CreatedAt // what Pass may have moved
		require.Equal(t, want, leased[0])
	})

	t.Run("what was settled under a lease is finished", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 1)
		a.Pass(age + time.Minute)
		require.Len(t, lease(t, a, 10), 1)
		a.settle(t, domain.Published, 1)
		a.Pass(2 * term)
		require.Empty(t, lease(t, a, 10))
	})

	t.Run("racing callers never lease the same one", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 20)
		a.Pass(age + time.Minute)
		leased := make([][]domain.Allocation, 8)
		errs := race(len(leased), func(i int) (err error) {
			leased[i], err = a.Allocations.LeaseUnfinished(t.Context(), age, term, 5)
			return err
		})
		require.NoError(t, errors.Join(errs...))
		seen := map[domain.Seq]bool{}
		for _, some := range leased {
			for _, l := range some {
				require.False(t, seen[l.Seq], "seq %d was leased twice", l.Seq)
				seen[l.Seq] = true
			}
		}
		for _, seq := range lease(t, a, 20) { // a caller may have found less than there was
			seen[seq] = true
		}
		require.Len(t, seen, 20)
	})
}

func runPurge(t *testing.T, open OpenAllocating) {
	purge := func(t *testing.T, a allocating, before time.Time, limit int) int {
		t.Helper()
		n, err := a.Allocations.PurgeAllocations(t.Context(), before, limit)
		require.NoError(t, err)
		return n
	}

	t.Run("finished allocations made before are forgotten, and their client_msg_ids are free", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		a.allocate(t, r)
		a.settle(t, domain.Published, 1)
		a.Pass(time.Hour)
		require.Zero(t, purge(t, a, a.Now().Add(-2*time.Hour), 10))
		require.Equal(t, 1, purge(t, a, a.Now().Add(-time.Minute), 10))
		require.Zero(t, purge(t, a, a.Now().Add(-time.Minute), 10))
		require.EqualValues(t, 2, a.allocate(t, r).Seq)
	})

	t.Run("what is still on its way is kept, however old", func(t *testing.T) {
		a := newAllocating(t, open)
		pending, stored := a.request(), a.request()
		a.allocate(t, pending)
		a.allocate(t, stored)
		a.settle(t, domain.Stored, 2)
		a.Pass(1000 * time.Hour)
		require.Zero(t, purge(t, a, a.Now(), 10))
		for want, r := range map[domain.Seq]domain.AllocationRequest{1: pending, 2: stored} {
			got, created, err := a.Allocations.Allocate(t.Context(), r)
			require.NoError(t, err)
			require.False(t, created)
			require.Equal(t, want, got.Seq)
		}
	})

	t.Run("no more than limit are forgotten at a time", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 5)
		a.settle(t, domain.Published, 1, 2, 3, 4, 5)
		a.Pass(time.Hour)
		require.Equal(t, 2, purge(t, a, a.Now(), 2))
		require.Equal(t, 2, purge(t, a, a.Now(), 2))
		require.Equal(t, 1, purge(t, a, a.Now(), 2))
	})

	t.Run("heads, voids, unread counts and the last message outlive it", func(t *testing.T) {
		a := newAllocating(t, open)
		a.allocateN(t, 4)
		a.settle(t, domain.Published, 1, 3)
		a.void(t, 2, domain.VoidTombstone)
		a.Pass(time.Hour)
		require.Equal(t, 3, purge(t, a, a.Now().Add(-time.Minute), 10))
		a.settle(t, domain.Stored, 1, 2, 3) // late repeats find nothing
		a.requireHead(t, 4, 4)
		a.requireUnread(t, 2)
		require.EqualValues(t, 3, a.view(t, a.reader, a.group).Last.Seq)
	})
}
