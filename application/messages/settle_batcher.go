package messages

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	settleDelay    = 50 * time.Millisecond // a batch gathers for this long at most
	settleTimeout  = 5 * time.Second
	settleCapacity = 16384 // messages waiting; beyond, they are left to Reconcile
	settleBackOff  = time.Second
)

// settleBatcher records how far messages have come, many in one call. A message that is stored and published within one
// batch is recorded once, as published.
type settleBatcher struct {
	settler ports.Settler
	log     *slog.Logger
	wake    chan struct{}

	mu      sync.Mutex
	waiting map[entryKey]domain.Settlement
}

type entryKey struct {
	conversation domain.ConversationID
	seq          domain.Seq
}

func newSettleBatcher(settler ports.Settler, log *slog.Logger) *settleBatcher {
	return &settleBatcher{settler: settler, log: log, wake: make(chan struct{}, 1), waiting: map[entryKey]domain.Settlement{}}
}

// addition is what became of a settlement that was to be queued.
type addition int

const (
	added        addition = iota
	alreadyThere          // or one that goes further
	noRoom
)

// add queues a settlement; of two for one message the further one counts.
func (b *settleBatcher) add(p domain.Pointer, state domain.AllocationState) addition {
	a := b.put(domain.Settlement{Conversation: p.Conversation, Seq: p.Seq, State: state, Last: p})
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return a
}

func (b *settleBatcher) put(s domain.Settlement) addition {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := entryKey{s.Conversation, s.Seq}
	had, there := b.waiting[k]
	switch {
	case there && !had.State.CanBecome(s.State):
		return alreadyThere
	case !there && len(b.waiting) >= settleCapacity:
		return noRoom
	}
	b.waiting[k] = s
	return added
}

func (b *settleBatcher) take() []domain.Settlement {
	b.mu.Lock()
	defer b.mu.Unlock()
	batch := make([]domain.Settlement, 0, len(b.waiting))
	for _, s := range b.waiting {
		batch = append(batch, s)
	}
	clear(b.waiting)
	return batch
}

// run settles until ctx ends, then what is still waiting, once.
func (b *settleBatcher) run(ctx context.Context) {
	for {
		select {
		case <-b.wake:
		case <-ctx.Done():
			b.flush(ctx)
			return
		}
		pause := settleDelay
		for !b.flushAfter(ctx, pause) {
			if ctx.Err() != nil {
				return
			}
			pause = settleBackOff
		}
	}
}

// flushAfter lets a batch gather, then settles it; false if it must be tried again.
func (b *settleBatcher) flushAfter(ctx context.Context, pause time.Duration) bool {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
	return b.flush(ctx)
}

func (b *settleBatcher) flush(ctx context.Context) bool {
	batch := b.take()
	if len(batch) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := b.settler.Settle(ctx, batch); err != nil {
		b.log.Warn("messages not settled", "count", len(batch), "error", err)
		for _, s := range batch {
			b.put(s)
		}
		return false
	}
	return true
}
