package tracing

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	otel "go.opentelemetry.io/otel/trace"

	"chatsystem/domain"
	"chatsystem/ports"
)

// EventPublisher returns next with a step recorded for each event of a trace, which the event goes on from.
func (t *Tracer) EventPublisher(next ports.EventPublisher) ports.EventPublisher {
	if !t.on() {
		return next
	}
	return publisher{next, t}
}

type publisher struct {
	next   ports.EventPublisher
	tracer *Tracer
}

// Publish implements ports.EventPublisher.
func (p publisher) Publish(ctx context.Context, events []domain.Event) error {
	var spans []otel.Span
	for i := range events {
		if !events[i].Trace.Recorded() {
			continue
		}
		if spans == nil {
			events = slices.Clone(events) // the caller's stay as they are
		}
		spans = append(spans, p.tracer.beginEvent(ctx, "publish", otel.SpanKindProducer, &events[i]))
	}
	err := p.next.Publish(ctx, events)
	for _, span := range spans {
		end(span, err)
	}
	return err
}

// EventSource returns next with a step recorded for each event of a trace, from when it was fetched until it is done.
func (t *Tracer) EventSource(next ports.EventSource) ports.EventSource {
	if !t.on() {
		return next
	}
	return source{next, t}
}

type source struct {
	next   ports.EventSource
	tracer *Tracer
}

// Fetch implements ports.EventSource.
func (s source) Fetch(ctx context.Context, max int) (ports.EventBatch, error) {
	batch, err := s.next.Fetch(ctx, max)
	for i := range batch.Events {
		e := &batch.Events[i]
		if !e.Trace.Recorded() {
			continue
		}
		span, done := s.tracer.beginEvent(ctx, "route", otel.SpanKindConsumer, &e.Event), e.Done
		e.Done = func() {
			span.End()
			done()
		}
	}
	return batch, err
}

// GatewayInbox returns next with a step recorded for each delivery of a trace, until it was handed to the sockets.
func (t *Tracer) GatewayInbox(next ports.GatewayInbox) ports.GatewayInbox {
	if !t.on() {
		return next
	}
	return inbox{next, t}
}

type inbox struct {
	next   ports.GatewayInbox
	tracer *Tracer
}

// Receive implements ports.GatewayInbox.
func (i inbox) Receive(ctx context.Context, gw domain.GatewayID, r ports.GatewayReceiver) error {
	return i.next.Receive(ctx, gw, receiver{r, i.tracer, ctx})
}

type receiver struct {
	ports.GatewayReceiver
	tracer *Tracer
	ctx    context.Context // of the Receive that calls it
}

// Deliver implements ports.GatewayReceiver.
func (r receiver) Deliver(d ports.Delivery) {
	if !d.Event.Trace.Recorded() {
		r.GatewayReceiver.Deliver(d)
		return
	}
	span := r.tracer.beginEvent(r.ctx, "deliver", otel.SpanKindConsumer, &d.Event, attribute.Int("chat.users", len(d.Users)))
	r.GatewayReceiver.Deliver(d)
	span.End()
}

// beginEvent begins a step of an event and lets the event go on from it.
func (t *Tracer) beginEvent(ctx context.Context, step string, kind otel.SpanKind, e *domain.Event, about ...attribute.KeyValue) otel.Span {
	about = append(about, conversationKey.String(string(e.Conversation)), seqKey.Int64(int64(e.Seq)))
	ctx, span := t.begin(ports.WithTrace(ctx, e.Trace), step+" "+string(e.Name), kind, about...)
	e.Trace = ports.TraceOf(ctx)
	return span
}
