package portstest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func runAllocators(t *testing.T, open OpenAllocating) {
	t.Run("strangers and unknown conversations get no seq", func(t *testing.T) {
		a := newAllocating(t, open)
		_, _, err := a.Allocations.Allocate(t.Context(), a.requestOf(a.AddUser(t, "carl")))
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
		r := a.request()
		r.Conversation = newConversationID()
		_, _, err = a.Allocations.Allocate(t.Context(), r)
		require.ErrorIs(t, err, domain.ErrConversationNotFound)
		a.requireHead(t, 1, 0)
	})

	t.Run("removed members get none, and nothing for what they sent before", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.requestOf(a.reader)
		a.allocate(t, r)
		a.Remove(t, a.group, a.writer, a.reader)
		for _, r := range []domain.AllocationRequest{r, a.requestOf(a.reader)} {
			_, _, err := a.Allocations.Allocate(t.Context(), r)
			require.ErrorIs(t, err, domain.ErrConversationNotFound)
		}
		require.EqualValues(t, 2, a.allocate(t, a.request()).Seq)
	})
}

func runRacingAllocations(t *testing.T, open OpenAllocating) {
	t.Run("100 requests at once get 1…100, each once", func(t *testing.T) {
		a := newAllocating(t, open)
		got, made := a.race(t, 100, func(int) domain.AllocationRequest { return a.request() })
		require.Equal(t, 100, made)
		seqs, ids := map[domain.Seq]bool{}, map[domain.MessageID]bool{}
		for _, g := range got {
			seqs[g.Seq], ids[g.MessageID] = true, true
			require.True(t, 1 <= g.Seq && g.Seq <= 100)
		}
		require.Len(t, seqs, 100)
		require.Len(t, ids, 100)
		a.requireHead(t, 1, 100)
	})

	t.Run("50 requests at once with one client_msg_id get one allocation", func(t *testing.T) {
		a := newAllocating(t, open)
		r := a.request()
		got, made := a.race(t, 50, func(i int) domain.AllocationRequest {
			again := r
			again.Entropy[0] = byte(i)
			return again
		})
		require.Equal(t, 1, made)
		for _, g := range got {
			require.Equal(t, got[0], g)
		}
		a.requireHead(t, 1, 1)
	})

	t.Run("created_at rises with the seq, whoever was first", func(t *testing.T) {
		a := newAllocating(t, open)
		got, _ := a.race(t, 50, func(int) domain.AllocationRequest { return a.request() })
		bySeq := make([]domain.Allocation, len(got)+1)
		for _, g := range got {
			bySeq[g.Seq] = g
		}
		for seq := 2; seq < len(bySeq); seq++ {
			require.False(t, bySeq[seq].CreatedAt.Before(bySeq[seq-1].CreatedAt))
		}
	})
}

// race allocates n requests at once and returns what they got and how many allocations were made.
func (a allocating) race(t *testing.T, n int, request func(i int) domain.AllocationRequest) ([]domain.Allocation, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	got, created := make([]domain.Allocation, n), make([]bool, n)
	errs := race(n, func(i int) (err error) {
		got[i], created[i], err = a.Allocations.Allocate(ctx, request(i))
		return err
	})
	made := 0
	for i := range n {
		require.NoError(t, errs[i])
		if created[i] {
			made++
		}
	}
	return got, made
}
