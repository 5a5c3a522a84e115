package portstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// RunHeads is the contract of ports.HeadReader on a log whose messages settle by themselves; RunAllocations holds seqs
// that are pending.
func RunHeads(t *testing.T, open Open) {
	t.Run("before the first message the floor is 1 and last_seq 0", func(t *testing.T) {
		r := newRoom(t, open)
		head, err := r.Heads.Head(t.Context(), r.bob.ID, r.id)
		require.NoError(t, err)
		require.Equal(t, domain.Head{Floor: 1}, head)
	})

	t.Run("an acknowledged message counts at once and is settled soon", func(t *testing.T) {
		r := newRoom(t, open)
		for n := domain.Seq(1); n <= 3; n++ {
			r.Post(t, r.alice, r.id, "Hello")
			head, err := r.Heads.Head(t.Context(), r.bob.ID, r.id)
			require.NoError(t, err)
			require.Equal(t, n, head.LastSeq)
			require.LessOrEqual(t, head.Floor, n+1)
		}
		require.Eventually(t, func() bool {
			head, err := r.Heads.Head(t.Context(), r.bob.ID, r.id)
			return err == nil && head == domain.Head{Floor: 4, LastSeq: 3}
		}, patience, 2*time.Millisecond)
	})

	t.Run("only active members are told, from the moment they join until they leave", func(t *testing.T) {
		r := newRoom(t, open)
		carl := r.AddUser(t, "carl")
		r.Say(t, r.alice, r.id, "Hello")
		r.requireNoHead(t, carl, r.id)
		r.Join(t, r.id, r.alice, carl, r.clock.Now())
		head, err := r.Heads.Head(t.Context(), carl.ID, r.id)
		require.NoError(t, err)
		require.Equal(t, domain.Head{Floor: 2, LastSeq: 1}, head)
		r.Remove(t, r.id, r.alice, carl)
		r.requireNoHead(t, carl, r.id)
		r.requireNoHead(t, r.alice, domain.ConversationID(NewUUID()))
	})

	t.Run("a context that has ended is told nothing", func(t *testing.T) {
		r := newRoom(t, open)
		_, err := r.Heads.Head(cancelled(t), r.alice.ID, r.id)
		require.Error(t, err)
		require.NotErrorIs(t, err, domain.ErrConversationNotFound)
	})
}

func (c Core) requireNoHead(t testing.TB, viewer domain.User, id domain.ConversationID) {
	t.Helper()
	_, err := c.Heads.Head(t.Context(), viewer.ID, id)
	require.ErrorIs(t, err, domain.ErrConversationNotFound)
}
