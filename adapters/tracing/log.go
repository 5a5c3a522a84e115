package tracing

import (
	"context"
	"log/slog"

	"chatsystem/ports"
)

// NewLogHandler returns next with request_id and trace_id added to what is logged with a context that has them.
func NewLogHandler(next slog.Handler) slog.Handler { return logHandler{next} }

type logHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	request, trace := ports.RequestIDOf(ctx), ports.TraceOf(ctx).ID()
	if request != "" || trace != "" {
		r = r.Clone()
	}
	if request != "" {
		r.AddAttrs(slog.String("request_id", request))
	}
	if trace != "" {
		r.AddAttrs(slog.String("trace_id", trace))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
