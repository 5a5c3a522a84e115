package tracing

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	otel "go.opentelemetry.io/otel/trace"

	"chatsystem/domain"
	"chatsystem/ports"
)

const traceHeader = "Traceparent"

// ServeRequest begins the step of answering a request to a route; caller is where in a trace it comes from, if it says
// so. The request's work belongs to the context returned; end takes the status of the answer.
func (t *Tracer) ServeRequest(ctx context.Context, method, route string, caller domain.Trace) (_ context.Context, end func(status int)) {
	if !t.on() {
		return ctx, func(int) {}
	}
	if caller != "" {
		ctx = ports.WithTrace(ctx, caller)
	}
	ctx, span := t.begin(ctx, method+" "+route, otel.SpanKindServer,
		attribute.String("http.request.method", method), attribute.String("http.route", route))
	return ctx, func(status int) { endRequest(span, status, http.StatusInternalServerError, nil) }
}

// Transport returns base, http.DefaultTransport if that is nil, with requests that belong to a trace recorded and told
// to the server.
func (t *Tracer) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	if !t.on() {
		return base
	}
	return transport{base, t}
}

type transport struct {
	base   http.RoundTripper
	tracer *Tracer
}

// RoundTrip implements http.RoundTripper. The step ends when the head of the answer is there.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if ports.TraceOf(r.Context()) == "" {
		return t.base.RoundTrip(r)
	}
	ctx, span := t.tracer.begin(r.Context(), r.Method+" "+r.URL.Host, otel.SpanKindClient,
		attribute.String("http.request.method", r.Method), attribute.String("url.path", r.URL.Path))
	r = r.Clone(ctx)
	r.Header.Set(traceHeader, string(ports.TraceOf(ctx)))
	res, err := t.base.RoundTrip(r)
	status := 0
	if res != nil {
		status = res.StatusCode
	}
	endRequest(span, status, http.StatusBadRequest, err)
	return res, err
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach base.
func (t transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// endRequest ends a step; statuses from bad on are its failure.
func endRequest(span otel.Span, status, bad int, err error) {
	if status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if err == nil && status >= bad {
		err = fmt.Errorf("status %d", status)
	}
	end(span, err)
}
