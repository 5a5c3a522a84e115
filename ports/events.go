package ports

import (
	"context"

	"chatsystem/domain"
)

// EventPublisher puts events on their way to fan-out.
type EventPublisher interface {
	// Publish returns when all events are safely on their way: the messages of one conversation in the order given, and so its
	// other events; between the two there may be no order. After an error any of them may be on their way, now or
	// later: receivers know repeated messages by their seq.
	Publish(ctx context.Context, events []domain.Event) error
}

// EventSource is the other end of EventPublisher; each event goes to one of its consumers, at least once.
type EventSource interface {
	// Fetch waits for events and returns those at hand, at most max, in the order that Publish promises. It returns
	// an empty batch and the context's error when that ends first. Only one call at a time.
	Fetch(ctx context.Context, max int) (EventBatch, error)
}

// EventBatch is a run of events for one consumer.
type EventBatch struct {
	Events []InboundEvent
	// Reassigned says that events fetched before may go to another consumer now: forget what is not done.
	Reassigned bool
}

// InboundEvent is an event that comes again after a crash unless Done was called.
type InboundEvent struct {
	domain.Event
	// Done reports the event as dealt with. Events may be done in any order.
	Done func()
}
