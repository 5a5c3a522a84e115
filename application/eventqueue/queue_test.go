package eventqueue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// gate is a broker that takes batches only while it is open.
type gate struct {
	open    chan struct{}
	fail    error
	mu      sync.Mutex
	batches [][]domain.Seq
	traces  []domain.Trace
}

func (g *gate) Publish(ctx context.Context, events []domain.Event) error {
	select {
	case <-g.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var seqs []domain.Seq
	for _, e := range events {
		seqs = append(seqs, e.Seq)
		g.traces = append(g.traces, e.Trace)
	}
	g.batches = append(g.batches, seqs)
	return g.fail
}

// queue runs a test beside a running queue, in a bubble of virtual time.
func queue(t *testing.T, test func(t *testing.T, g *gate, q *eventqueue.Queue[domain.Seq], outcomes *[]error, stop func())) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		var outcomes []error
		q := eventqueue.New(g, func(seq domain.Seq) domain.Event { return domain.Event{Seq: seq} }, func(_ []domain.Seq, err error) {
			outcomes = append(outcomes, err)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { q.Run(ctx) })
		stop := func() {
			cancel()
			running.Wait()
		}
		test(t, g, q, &outcomes, stop)
		stop()
	})
}

func TestQueue(t *testing.T) {
	t.Run("what gathers while one batch is on its way goes out as the next, in order", func(t *testing.T) {
		queue(t, func(t *testing.T, g *gate, q *eventqueue.Queue[domain.Seq], _ *[]error, _ func()) {
			q.Offer(t.Context(), 1)
			synctest.Wait()
			for seq := range domain.Seq(4) {
				q.Offer(t.Context(), seq+2)
			}
			close(g.open)
			synctest.Wait()
			assert.Equal(t, [][]domain.Seq{{1}, {2, 3, 4, 5}}, g.batches)
		})
	})
	t.Run("an event belongs to the trace of whoever offered it", func(t *testing.T) {
		queue(t, func(t *testing.T, g *gate, q *eventqueue.Queue[domain.Seq], _ *[]error, _ func()) {
			close(g.open)
			q.Offer(ports.WithTrace(t.Context(), "one"), 1)
			q.Offer(t.Context(), 2)
			q.Offer(ports.WithTrace(t.Context(), "three"), 3)
			synctest.Wait()
			assert.Equal(t, []domain.Trace{"one", "", "three"}, g.traces)
		})
	})
	t.Run("a full queue refuses, at once, and says so", func(t *testing.T) {
		queue(t, func(t *testing.T, g *gate, q *eventqueue.Queue[domain.Seq], _ *[]error, _ func()) {
			taken := 0
			for q.Offer(t.Context(), 1) {
				taken++
			}
			assert.LessOrEqual(t, taken, 10_000, "bounded")
			assert.EqualValues(t, 1, q.Refused())
			close(g.open)
			synctest.Wait()
			assert.True(t, q.Offer(t.Context(), 1), "there is room again")
		})
	})
	t.Run("a batch that cannot be published is given back, not tried for ever", func(t *testing.T) {
		queue(t, func(t *testing.T, g *gate, q *eventqueue.Queue[domain.Seq], outcomes *[]error, _ func()) {
			g.fail = errors.New("broker is down")
			close(g.open)
			q.Offer(t.Context(), 1)
			synctest.Wait()
			assert.Equal(t, []error{g.fail}, *outcomes)
			assert.Len(t, g.batches, 1)
		})
	})
	t.Run("stopping publishes what is queued, and ends even if the broker hangs", func(t *testing.T) {
		queue(t, func(t *testing.T, g *gate, q *eventqueue.Queue[domain.Seq], outcomes *[]error, stop func()) {
			q.Offer(t.Context(), 1)
			stop()
			assert.ErrorIs(t, (*outcomes)[0], context.DeadlineExceeded)
		})
	})
}
