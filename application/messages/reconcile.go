package messages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	reconcileAge      = 5 * time.Second  // how long a message may be on its way before it counts as left there
	reconcileLease    = 10 * time.Second // longer than one round takes
	reconcileBatch    = 200
	reconcileInterval = time.Second
	reconcileMaxPause = 30 * time.Second // between rounds while a part is down
	reconcileTimeout  = 8 * time.Second  // for one round
)

// Resolver decides what becomes of a seq that was allocated and never settled.
type Resolver interface {
	// Resolve returns the message that holds the seq, or false after the seq was closed.
	Resolve(ctx context.Context, a domain.Allocation) (domain.Pointer, bool, error)
}

// Reconcile finishes what senders left on their way when they or a part died: it settles or closes pending seqs and
// publishes stored messages again.
type Reconcile struct {
	unfinished ports.UnfinishedLeases
	reader     ports.MessageReader
	resolver   Resolver
	publisher  ports.EventPublisher
	settler    ports.Settler
	log        *slog.Logger

	published, closed, lost, failed atomic.Int64
}

// Outcomes counts what became of the messages that Reconcile found unfinished.
type Outcomes struct {
	Published int64 // announced again
	Closed    int64 // their seqs hold no message of theirs
	Lost      int64 // stored once, and gone from the store
	Failed    int64 // tried again later
}

// NewReconcile returns the use case.
func NewReconcile(u ports.UnfinishedLeases, r ports.MessageReader, resolver Resolver, p ports.EventPublisher, s ports.Settler, log *slog.Logger) *Reconcile {
	return &Reconcile{unfinished: u, reader: r, resolver: resolver, publisher: p, settler: s, log: log}
}

// Outcomes returns the counts since the start.
func (uc *Reconcile) Outcomes() Outcomes {
	return Outcomes{uc.published.Load(), uc.closed.Load(), uc.lost.Load(), uc.failed.Load()}
}

// Run works until ctx ends, backing off while a part is down.
func (uc *Reconcile) Run(ctx context.Context) {
	pause := reconcileInterval
	for {
		n, err := uc.round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			pause = min(max(2*pause, reconcileInterval), reconcileMaxPause)
			uc.log.Warn("reconcile", "error", err, "again_in", pause)
		case n == reconcileBatch:
			pause = 0 // there is more
		default:
			pause = reconcileInterval
		}
		select {
		case <-time.After(pause + rand.N(reconcileInterval/4)):
		case <-ctx.Done():
			return
		}
	}
}

func (uc *Reconcile) round(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, reconcileTimeout)
	defer cancel()
	return uc.Execute(ctx)
}

// Execute finishes one batch and returns how many messages it found unfinished.
func (uc *Reconcile) Execute(ctx context.Context) (int, error) {
	left, err := uc.unfinished.LeaseUnfinished(ctx, reconcileAge, reconcileLease, reconcileBatch)
	if err != nil {
		return 0, fmt.Errorf("lease unfinished: %w", err)
	}
	var stored []domain.Pointer
	var failed error
	for _, a := range left { // one that cannot be finished must not keep the others
		p, ok, err := uc.finish(ctx, a)
		if err != nil {
			uc.failed.Add(1)
			failed = errors.Join(failed, fmt.Errorf("finish %s/%d: %w", a.Conversation, a.Seq, err))
		}
		if ctx.Err() != nil {
			break
		}
		if ok {
			stored = append(stored, p)
		}
	}
	if err := uc.publish(ctx, stored); err != nil {
		uc.failed.Add(int64(len(stored)))
		return len(left), errors.Join(failed, err)
	}
	uc.published.Add(int64(len(stored)))
	return len(left), failed
}

// finish returns the stored message of an allocation; false if there is none to announce.
func (uc *Reconcile) finish(ctx context.Context, a domain.Allocation) (domain.Pointer, bool, error) {
	if a.State == domain.Pending {
		p, ok, err := uc.resolver.Resolve(ctx, a)
		if err == nil && !ok {
			uc.closed.Add(1)
		}
		return p, ok, err
	}
	held, _, err := uc.reader.EntryAt(ctx, a.Conversation, a.Seq)
	if err != nil {
		return domain.Pointer{}, false, fmt.Errorf("read entry: %w", err)
	}
	if !held.Holds(a.MessageID) {
		uc.lost.Add(1)
		uc.log.ErrorContext(ctx, "a stored message is gone: the message store is older than the database",
			"conversation_id", a.Conversation, "seq", a.Seq, "message_id", a.MessageID)
		return domain.Pointer{}, false, nil
	}
	return held.Pointer, true, nil
}

// publish records the messages as stored first: what cannot be published yet is in history all the same.
func (uc *Reconcile) publish(ctx context.Context, stored []domain.Pointer) error {
	if len(stored) == 0 {
		return nil
	}
	slices.SortFunc(stored, func(a, b domain.Pointer) int {
		return cmp.Or(cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.Seq, b.Seq))
	})
	if err := uc.settler.Settle(ctx, settlements(stored, domain.Stored)); err != nil {
		return fmt.Errorf("settle stored: %w", err)
	}
	events := make([]domain.Event, len(stored))
	for i, p := range stored {
		events[i] = domain.MessageNew(p)
	}
	if err := uc.publisher.Publish(ctx, events); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if err := uc.settler.Settle(ctx, settlements(stored, domain.Published)); err != nil {
		return fmt.Errorf("settle published: %w", err)
	}
	return nil
}

func settlements(stored []domain.Pointer, state domain.AllocationState) []domain.Settlement {
	s := make([]domain.Settlement, len(stored))
	for i, p := range stored {
		s[i] = domain.Settlement{Conversation: p.Conversation, Seq: p.Seq, State: state, Last: p}
	}
	return s
}
