package memory

import (
	"context"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.EventPublisher = (*EventBus)(nil)
	_ ports.EventSource    = (*EventBus)(nil)
)

// EventBus is a bounded queue of events from their publishers to one consumer. What is on it dies with the process,
// and so do its receivers: they come back and catch up.
type EventBus struct{ queue chan domain.Event }

// eventBusCapacity bounds what waits for the consumer; publishers wait beyond that.
const eventBusCapacity = 8192

// NewEventBus returns an empty bus.
func NewEventBus() *EventBus { return newEventBus(eventBusCapacity) }

func newEventBus(capacity int) *EventBus { return &EventBus{queue: make(chan domain.Event, capacity)} }

// Publish implements ports.EventPublisher: it waits until there is room.
func (b *EventBus) Publish(ctx context.Context, events []domain.Event) error {
	for _, e := range events {
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case b.queue <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Fetch implements ports.EventSource. Events do not come again, done or not.
func (b *EventBus) Fetch(ctx context.Context, max int) (ports.EventBatch, error) {
	if err := ctx.Err(); err != nil {
		return ports.EventBatch{}, err
	}
	var batch ports.EventBatch
	select {
	case e := <-b.queue:
		batch.Events = append(batch.Events, inbound(e))
	case <-ctx.Done():
		return batch, ctx.Err()
	}
	for len(batch.Events) < max {
		select {
		case e := <-b.queue:
			batch.Events = append(batch.Events, inbound(e))
		default:
			return batch, nil
		}
	}
	return batch, nil
}

func inbound(e domain.Event) ports.InboundEvent { return ports.InboundEvent{Event: e, Done: func() {}} }
