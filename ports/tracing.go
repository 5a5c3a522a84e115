package ports

import (
	"context"

	"chatsystem/domain"
)

type (
	traceKey     struct{}
	requestIDKey struct{}
)

// WithTrace returns a context whose work belongs to a place in a trace.
func WithTrace(ctx context.Context, t domain.Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf returns the place in a trace that a context's work belongs to; none if nobody traces. What goes on later or
// elsewhere takes it along as a value.
func TraceOf(ctx context.Context) domain.Trace {
	t, _ := ctx.Value(traceKey{}).(domain.Trace)
	return t
}

// WithRequestID returns a context whose work is done for a client's request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestIDOf returns the id of the request that a context's work is done for; "" if it is done for none.
func RequestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
