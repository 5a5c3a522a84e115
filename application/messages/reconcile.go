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
	reconcileMaxPause = 5 * time.Second // between rounds while a part is down, and so what its return may go unnoticed
	reconcileTimeout  = 8 * time.Second // for one round
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
	reported                        reported
}

// Outcomes counts what became of the messages that Reconcile found unfinished.
type Outcomes struct {
	Published int64 // announced again
	Closed    int64 // their seqs hold no message of theirs
	Lost      int64 // stored once, and gone from the store; counted each time they are found so
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
	stored, failed := uc.finishAll(ctx, left)
	if err := uc.publish(ctx, stored); err != nil {
		uc.failed.Add(int64(len(stored)))
		return len(left), errors.Join(failed, err)
	}
	uc.published.Add(int64(len(stored)))
	return len(left), failed
}

// finishAll returns the stored messages of allocations, in order per conversation. One that cannot be finished does not
// keep the others.
func (uc *Reconcile) finishAll(ctx context.Context, left []domain.Allocation) ([]domain.Pointer, error) {
	slices.SortFunc(left, func(a, b domain.Allocation) int {
		return cmp.Or(cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.Seq, b.Seq))
	})
	var stored []domain.Pointer
	var failed error
	for len(left) > 0 && ctx.Err() == nil {
		n := runLength(left)
		found, err := uc.finishRun(ctx, left[:n])
		if err != nil {
			uc.failed.Add(int64(n))
			failed = errors.Join(failed, fmt.Errorf("finish %s/%d: %w", left[0].Conversation, left[0].Seq, err))
		}
		stored = append(stored, found...)
		left = left[n:]
	}
	return stored, failed
}

// runLength returns how many of the first allocations, of STORED ones with consecutive seqs, one read finds; an outage of
// the broker leaves long runs.
func runLength(a []domain.Allocation) int {
	n := 1
	for n < len(a) && a[0].State == domain.Stored && a[n].State == domain.Stored &&
		a[n].Conversation == a[0].Conversation && a[n].Seq == a[n-1].Seq+1 {
		n++
	}
	return n
}

func (uc *Reconcile) finishRun(ctx context.Context, run []domain.Allocation) ([]domain.Pointer, error) {
	if run[0].State == domain.Pending {
		p, ok, err := uc.resolver.Resolve(ctx, run[0])
		if err != nil {
			return nil, err
		}
		if !ok {
			uc.closed.Add(1)
			return nil, nil
		}
		return []domain.Pointer{p}, nil
	}
	entries, err := uc.reader.EntriesFrom(ctx, run[0].Conversation, run[0].Seq, len(run))
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	bySeq := make(map[domain.Seq]domain.Entry, len(entries))
	for _, e := range entries {
		bySeq[e.Seq] = e
	}
	stored := make([]domain.Pointer, 0, len(run))
	for _, a := range run {
		held := bySeq[a.Seq]
		if !held.Holds(a.MessageID) {
			uc.reportLost(ctx, a)
			continue
		}
		stored = append(stored, held.Pointer)
	}
	return stored, nil
}

// reportLost counts a message that is gone each time it is found, so that the alarm lasts as long as the fault, and logs it
// once.
func (uc *Reconcile) reportLost(ctx context.Context, a domain.Allocation) {
	uc.lost.Add(1)
	if uc.reported.first(a.MessageID) {
		uc.log.ErrorContext(ctx, "a stored message is gone: the message store is older than the database",
			"conversation_id", a.Conversation, "seq", a.Seq, "message_id", a.MessageID)
	}
}

// publish records the messages as stored first: what cannot be published yet is in history all the same.
func (uc *Reconcile) publish(ctx context.Context, stored []domain.Pointer) error {
	if len(stored) == 0 {
		return nil
	}
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
