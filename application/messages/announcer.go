package messages

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// Announcer publishes stored messages and settles them, both in the background. What it cannot do, for want of room or
// because a part is down, Reconcile does.
type Announcer struct {
	events *eventqueue.Queue[domain.Pointer]
	settle *settleBatcher
	noRoom atomic.Int64 // in settle
}

// NewAnnouncer returns an announcer; Run does its work.
func NewAnnouncer(publisher ports.EventPublisher, settler ports.Settler, log *slog.Logger) *Announcer {
	a := &Announcer{settle: newSettleBatcher(settler, log)}
	a.events = eventqueue.New(publisher, domain.MessageNew, func(batch []domain.Pointer, err error) {
		if err != nil {
			log.Warn("messages not published, left to reconcile", "count", len(batch), "error", err)
			return
		}
		for _, p := range batch {
			a.settle.add(p, domain.Published)
		}
	})
	return a
}

// Announce takes a stored message. It never blocks, and of ctx only its place in a trace counts. Of several calls for one
// message within a moment, such as those of concurrent retries, the first counts.
func (a *Announcer) Announce(ctx context.Context, p domain.Pointer) {
	switch a.settle.add(p, domain.Stored) {
	case added:
		a.events.Offer(ctx, p)
	case noRoom:
		a.noRoom.Add(1)
	case alreadyThere:
	}
}

// Refused returns how many messages were left to Reconcile for want of room, in the queue of events or in that of settlements.
func (a *Announcer) Refused() int64 { return a.events.Refused() + a.noRoom.Load() }

// Run works until ctx ends, then finishes what is queued, within a bounded time.
func (a *Announcer) Run(ctx context.Context) {
	settleCtx, stopSettling := context.WithCancel(context.WithoutCancel(ctx))
	var settling sync.WaitGroup
	settling.Go(func() { a.settle.run(settleCtx) })
	a.events.Run(ctx)
	stopSettling() // after the last publish has been recorded
	settling.Wait()
}
