// Package eventqueue sends events to the broker in the background, so that no request waits for it: one bounded queue,
// one loop that publishes what has gathered, in order, as a batch.
package eventqueue

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	capacity       = 8192 // events waiting; beyond, Offer refuses
	maxBatch       = 512
	publishTimeout = 5 * time.Second
)

// Queue publishes what is offered to it. T is what the caller has; event turns it into what is sent.
type Queue[T any] struct {
	publisher ports.EventPublisher
	event     func(T) domain.Event
	done      func(batch []T, err error)
	waiting   chan waiting[T]
	refused   atomic.Int64
}

// waiting is an item and the trace it belongs to.
type waiting[T any] struct {
	item  T
	trace domain.Trace
}

// New returns a queue. done, which must not block for long, hears of every batch, with the error if it may not have
// been published; nothing is tried twice here.
func New[T any](publisher ports.EventPublisher, event func(T) domain.Event, done func(batch []T, err error)) *Queue[T] {
	return &Queue[T]{publisher: publisher, event: event, done: done, waiting: make(chan waiting[T], capacity)}
}

// Notices is the queue for events that only hint at what a list shows anyway: what cannot be published is logged and
// left out.
type Notices = Queue[domain.Event]

// NewNotices returns a queue of notices.
func NewNotices(publisher ports.EventPublisher, log *slog.Logger) *Notices {
	same := func(e domain.Event) domain.Event { return e }
	return New(publisher, same, func(batch []domain.Event, err error) {
		if err != nil {
			log.Warn("notices not published", "count", len(batch), "error", err)
		}
	})
}

// Offer queues an item and never blocks; false means that the queue is full and the item is left out. Of ctx only its
// place in a trace counts.
func (q *Queue[T]) Offer(ctx context.Context, item T) bool {
	select {
	case q.waiting <- waiting[T]{item, ports.TraceOf(ctx)}:
		return true
	default:
		q.refused.Add(1)
		return false
	}
}

// Refused returns how many items did not fit.
func (q *Queue[T]) Refused() int64 { return q.refused.Load() }

// Run publishes until ctx ends, then what is still queued, within one publish's time.
func (q *Queue[T]) Run(ctx context.Context) {
	for {
		select {
		case item := <-q.waiting:
			q.publish(context.WithoutCancel(ctx), item)
		case <-ctx.Done():
			q.drain(context.WithoutCancel(ctx))
			return
		}
	}
}

func (q *Queue[T]) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for {
		select {
		case item := <-q.waiting:
			q.publish(ctx, item)
		default:
			return
		}
	}
}

// publish sends first and whatever else is waiting.
func (q *Queue[T]) publish(ctx context.Context, first waiting[T]) {
	batch, events := q.gather(first)
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	q.done(batch, q.publisher.Publish(ctx, events))
}

// gather returns the items of a batch and their events.
func (q *Queue[T]) gather(next waiting[T]) ([]T, []domain.Event) {
	room := min(maxBatch, 1+len(q.waiting))
	batch, events := make([]T, 0, room), make([]domain.Event, 0, room)
	for {
		event := q.event(next.item)
		event.Trace = next.trace
		batch, events = append(batch, next.item), append(events, event)
		if len(batch) == maxBatch {
			return batch, events
		}
		select {
		case next = <-q.waiting:
		default:
			return batch, events
		}
	}
}
