package portstest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

const (
	// grown is the age at which the suites count a message as left behind: the least there is.
	grown = time.Millisecond
	// forever is a lease no suite outlives.
	forever = 24 * time.Hour
)

// RunUnfinishedLeases is the contract of ports.UnfinishedLeases on messages that are stored. Adapters may go by the
// clock they were opened with or by one of their own.
func RunUnfinishedLeases(t *testing.T, open Open) {
	t.Run("a lease carries all that is known of the message", func(t *testing.T) {
		r := newRoom(t, open)
		d := r.draft(r.alice, "once", "Hello")
		m, _ := r.appendDraft(t, d)
		a := r.leaseAll(t, 1)[0]
		require.Contains(t, []domain.AllocationState{domain.Pending, domain.Stored}, a.State)
		a.State = ""
		require.Equal(t, domain.Allocation{
			Conversation: r.id, Seq: 1, MessageID: m.ID, Sender: r.alice.ID, ClientMsgID: "once", BodyHash: d.BodyHash(),
			CreatedAt: m.CreatedAt, MembersVersion: m.MembersVersion,
		}, a)
	})

	t.Run("a young message is left alone until it has aged", func(t *testing.T) {
		r, m := newTalk(t, open, 1)
		r.clock.Advance(30 * time.Minute)
		leased, err := r.Unfinished.LeaseUnfinished(t.Context(), time.Hour, forever, 10)
		require.NoError(t, err)
		require.Empty(t, leased)
		r.awaitUnfinished(t, m...)
	})

	t.Run("the oldest come first, at most as many as asked for", func(t *testing.T) {
		r := newRoom(t, open)
		var want []domain.Seq
		for seq := domain.Seq(1); seq <= 6; seq++ {
			r.Say(t, r.alice, r.id, "Hello")
			r.clock.Advance(time.Second)
			want = append(want, seq)
		}
		var got []domain.Seq
		require.Eventually(t, func() bool {
			r.clock.Advance(grown)
			leased, err := r.Unfinished.LeaseUnfinished(t.Context(), grown, forever, 2)
			for _, a := range leased {
				got = append(got, a.Seq)
			}
			return err == nil && len(leased) <= 2 && len(got) == len(want)
		}, patience, 2*time.Millisecond)
		require.Equal(t, want, got)
	})

	t.Run("what is leased is kept from others until the lease has run out", func(t *testing.T) {
		r, m := newTalk(t, open, 3)
		const short = 50 * time.Millisecond
		first := r.leaseFor(t, short, 3)
		require.Len(t, first, 3)
		require.NoError(t, r.Settler.Settle(t.Context(), settlements(domain.Published, m[1])))
		require.Len(t, r.leaseFor(t, forever, 2), 2)
		require.Empty(t, r.lease(t, forever, 10))
	})

	t.Run("racing callers share the work without leasing anything twice", func(t *testing.T) {
		r, m := newTalk(t, open, 40)
		r.clock.Advance(grown + time.Second)
		var mu sync.Mutex
		var got []domain.Seq
		deadline := time.Now().Add(patience)
		require.NoError(t, errors.Join(race(8, func(int) error {
			for time.Now().Before(deadline) {
				leased, err := r.Unfinished.LeaseUnfinished(t.Context(), grown, forever, 3)
				if err != nil {
					return err
				}
				mu.Lock()
				for _, a := range leased {
					got = append(got, a.Seq)
				}
				all := len(got) >= len(m)
				mu.Unlock()
				if all {
					return nil
				}
			}
			return nil
		})...))
		slices.Sort(got)
		require.Len(t, got, len(m))
		require.Len(t, slices.Compact(got), len(m))
	})

	t.Run("a message that is published while it is leased never comes back", func(t *testing.T) {
		r, m := newTalk(t, open, 2)
		require.Len(t, r.leaseFor(t, grown, 2), 2)
		require.NoError(t, r.Settler.Settle(t.Context(), settlements(domain.Published, m...)))
		r.clock.Advance(time.Hour)
		require.Empty(t, r.lease(t, forever, 10))
		left := r.Post(t, r.alice, r.id, "left")
		r.awaitUnfinished(t, left)
	})

	t.Run("a context that has ended leases nothing", func(t *testing.T) {
		r, m := newTalk(t, open, 1)
		r.clock.Advance(time.Hour)
		_, err := r.Unfinished.LeaseUnfinished(cancelled(t), grown, forever, 10)
		require.Error(t, err)
		r.awaitUnfinished(t, m...)
	})
}

// lease leases what has aged right now.
func (r room) lease(t testing.TB, lease time.Duration, limit int) []domain.Allocation {
	t.Helper()
	leased, err := r.Unfinished.LeaseUnfinished(t.Context(), grown, lease, limit)
	require.NoError(t, err)
	return leased
}

// leaseAll leases n messages for good, as they age.
func (r room) leaseAll(t testing.TB, n int) []domain.Allocation {
	t.Helper()
	return r.leaseFor(t, forever, n)
}

// leaseFor lets time pass until n messages have been leased, in as many calls as it takes.
func (r room) leaseFor(t testing.TB, lease time.Duration, n int) []domain.Allocation {
	t.Helper()
	var all []domain.Allocation
	require.Eventually(t, func() bool {
		r.clock.Advance(grown)
		leased, err := r.Unfinished.LeaseUnfinished(t.Context(), grown, lease, n-len(all))
		all = append(all, leased...)
		return err == nil && len(all) >= n
	}, patience, 2*time.Millisecond, "%d messages are unfinished", n)
	return all
}
