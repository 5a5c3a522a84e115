package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Tracer records steps. It is safe for concurrent use. Run sends what it recorded.
type Tracer struct {
	tracer otel.Tracer // nil: off
	queue  *queue
}

// New returns a tracer.
func New(ctx context.Context, cfg Config, log *slog.Logger) (*Tracer, error) {
	if err := cfg.Validate(); err != nil || cfg.Endpoint == "" {
		return &Tracer{}, err
	}
	target, err := url.JoinPath(cfg.Endpoint, "v1/traces")
	if err != nil {
		return nil, fmt.Errorf("tracing: endpoint: %w", err)
	}
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(target), otlptracehttp.WithTimeout(exportTimeout/2),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: exportTimeout,
		}))
	if err != nil {
		return nil, fmt.Errorf("tracing: exporter: %w", err)
	}
	q := newQueue(exporter, log)
	provider := sdk.NewTracerProvider(
		sdk.WithSpanProcessor(q),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(cfg.ratio()))),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", cfg.Service), attribute.String("service.version", cfg.Version))),
	)
	return &Tracer{provider.Tracer("chatsystem"), q}, nil
}

// Run sends recorded steps until ctx ends, then what is left, within a bounded time.
func (t *Tracer) Run(ctx context.Context) {
	if t.on() {
		t.queue.run(ctx)
	}
}

// Counts is what became of the recorded steps since the start.
type Counts struct {
	Exported int64
	Dropped  int64 // there was no room to wait
	Failed   int64 // the collector did not take them
}

// Counts returns the counts; zeros if tracing is off.
func (t *Tracer) Counts() Counts {
	if !t.on() {
		return Counts{}
	}
	return t.queue.counts()
}

func (t *Tracer) on() bool { return t.tracer != nil }

// begin begins a step below the one of ctx, or a new trace. The context returned is the step's. Below a step that is not
// recorded there is nothing to do.
func (t *Tracer) begin(ctx context.Context, name string, kind otel.SpanKind, about ...attribute.KeyValue) (context.Context, otel.Span) {
	parent := ports.TraceOf(ctx)
	if !t.on() || parent != "" && !parent.Recorded() {
		return ctx, noop.Span{}
	}
	if parent != "" {
		ctx = otel.ContextWithRemoteSpanContext(ctx, spanContext(parent))
	}
	ctx, span := t.tracer.Start(ctx, name, otel.WithSpanKind(kind), otel.WithAttributes(about...))
	return ports.WithTrace(ctx, traceOf(span.SpanContext())), span
}

// end ends a step, with the error it failed with.
func end(span otel.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

func spanContext(t domain.Trace) otel.SpanContext {
	trace, _ := otel.TraceIDFromHex(t.ID()) // a domain.Trace is well-formed, and so are its ids
	step, _ := otel.SpanIDFromHex(t.Step())
	return otel.NewSpanContext(otel.SpanContextConfig{TraceID: trace, SpanID: step, TraceFlags: otel.FlagsSampled, Remote: true})
}

func traceOf(s otel.SpanContext) domain.Trace {
	return domain.Trace("00-" + s.TraceID().String() + "-" + s.SpanID().String() + "-" + s.TraceFlags().String())
}
