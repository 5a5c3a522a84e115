package messages_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"chatsystem/application/messages"
	"chatsystem/domain"
)

// record is a broker and a settler that write down what they are told, and can be down.
type record struct {
	mu        sync.Mutex
	down      bool
	published []domain.Seq
	settled   [][]domain.Settlement
}

func (r *record) Publish(_ context.Context, events []domain.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return errors.New("broker is down")
	}
	for _, e := range events {
		r.published = append(r.published, e.Seq)
	}
	return nil
}

func (r *record) Settle(_ context.Context, s []domain.Settlement) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled = append(r.settled, s)
	return nil
}

// states returns what each seq was settled as, call by call.
func (r *record) states() []map[domain.Seq]domain.AllocationState {
	r.mu.Lock()
	defer r.mu.Unlock()
	var calls []map[domain.Seq]domain.AllocationState
	for _, call := range r.settled {
		m := map[domain.Seq]domain.AllocationState{}
		for _, s := range call {
			m[s.Seq] = s.State
		}
		calls = append(calls, m)
	}
	return calls
}

// announcing runs a test beside an announcer, in a bubble of virtual time; stop ends the announcer and waits for it.
func announcing(t *testing.T, test func(t *testing.T, r *record, announce func(domain.Seq), stop func())) {
	synctest.Test(t, func(t *testing.T) {
		r := &record{}
		a := messages.NewAnnouncer(r, r, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.Run(ctx) })
		stop := func() {
			cancel()
			running.Wait()
		}
		test(t, r, func(seq domain.Seq) { a.Announce(t.Context(), domain.Pointer{Conversation: "c", Seq: seq}) }, stop)
		stop()
	})
}

func TestAnnouncer(t *testing.T) {
	type states = map[domain.Seq]domain.AllocationState
	t.Run("messages are published in order and settled as published, many in one call", func(t *testing.T) {
		announcing(t, func(t *testing.T, r *record, announce func(domain.Seq), _ func()) {
			announce(1)
			announce(2)
			announce(3)
			pass(time.Second)
			assert.Equal(t, []domain.Seq{1, 2, 3}, r.published)
			assert.Equal(t, []states{{1: domain.Published, 2: domain.Published, 3: domain.Published}}, r.states())
		})
	})
	t.Run("while the broker is down messages are settled as stored, which lists and history stand on", func(t *testing.T) {
		announcing(t, func(t *testing.T, r *record, announce func(domain.Seq), _ func()) {
			r.down = true
			announce(1)
			pass(time.Second)
			assert.Equal(t, []states{{1: domain.Stored}}, r.states())
		})
	})
	t.Run("what it has no room to settle is left, and counted", func(t *testing.T) {
		r := &record{}
		a := messages.NewAnnouncer(r, r, slog.New(slog.DiscardHandler)) // does not run: nothing leaves its queues
		const room, more = 16384, 5
		for seq := range domain.Seq(room + more) {
			a.Announce(t.Context(), domain.Pointer{Conversation: "c", Seq: seq + 1})
		}
		const events = 8192
		assert.EqualValues(t, room-events+more, a.Refused(), "each message once: those without a place among the events, and those without any")
		a.Announce(t.Context(), domain.Pointer{Conversation: "c", Seq: 1})
		assert.EqualValues(t, room-events+more, a.Refused(), "a repeated one has its place")
	})
	t.Run("what is queued when it stops is published and settled before it returns", func(t *testing.T) {
		announcing(t, func(t *testing.T, r *record, announce func(domain.Seq), stop func()) {
			announce(1)
			stop()
			assert.Equal(t, []domain.Seq{1}, r.published)
			assert.Equal(t, []states{{1: domain.Published}}, r.states())
		})
	})
}

// pass lets virtual time go by.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble of testing/synctest
	synctest.Wait()
}
