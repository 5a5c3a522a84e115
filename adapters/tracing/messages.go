package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	otel "go.opentelemetry.io/otel/trace"

	"chatsystem/domain"
	"chatsystem/ports"
)

// What a message is found by in the traces. The text is never among it.
const (
	conversationKey = attribute.Key("chat.conversation_id")
	seqKey          = attribute.Key("chat.seq")
	messageKey      = attribute.Key("chat.message_id")
)

// MessageLog returns next with the appends that belong to a trace recorded.
func (t *Tracer) MessageLog(next ports.MessageLog) ports.MessageLog {
	if !t.on() {
		return next
	}
	return messageLog{next, t}
}

type messageLog struct {
	next   ports.MessageLog
	tracer *Tracer
}

// Append implements ports.MessageLog.
func (l messageLog) Append(ctx context.Context, d domain.Draft) (domain.Message, bool, error) {
	if ports.TraceOf(ctx) == "" {
		return l.next.Append(ctx, d)
	}
	ctx, span := l.tracer.begin(ctx, "append message", otel.SpanKindInternal, conversationKey.String(string(d.Conversation)))
	m, created, err := l.next.Append(ctx, d)
	if err == nil {
		span.SetAttributes(seqKey.Int64(int64(m.Seq)), messageKey.String(string(m.ID)))
	}
	end(span, err)
	return m, created, err
}

// MessageStore returns next with the puts that belong to a trace recorded.
func (t *Tracer) MessageStore(next ports.MessageStore) ports.MessageStore {
	if !t.on() {
		return next
	}
	return messageStore{next, t}
}

type messageStore struct {
	ports.MessageStore
	tracer *Tracer
}

// Put implements ports.MessageStore.
func (s messageStore) Put(ctx context.Context, m domain.Message) (domain.Entry, error) {
	if ports.TraceOf(ctx) == "" {
		return s.MessageStore.Put(ctx, m)
	}
	ctx, span := s.tracer.begin(ctx, "store message", otel.SpanKindClient,
		conversationKey.String(string(m.Conversation)), seqKey.Int64(int64(m.Seq)))
	held, err := s.MessageStore.Put(ctx, m)
	end(span, err)
	return held, err
}
