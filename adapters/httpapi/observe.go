package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"chatsystem/domain"
)

// unmatched is the route label of requests that no route is there for: their paths must not become labels.
const unmatched = "unmatched"

func newLatency() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds",
		Help: "Time to answer a request, by route pattern.",
		// From a send that no disk holds up to the deadline of an operation.
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"method", "route", "status"})
}

// Tracer records requests as steps of traces. caller is the place in a trace that a request names, if any; the request's
// work is done in the context returned, and end takes the status answered.
type Tracer interface {
	ServeRequest(ctx context.Context, method, route string, caller domain.Trace) (_ context.Context, end func(status int))
}

// traceHeader says where in a trace a request comes from (W3C Trace Context).
const traceHeader = "Traceparent"

// traced returns the request with the context of its step, and what ends the step. Probes, scrapes and files are none.
func (s *site) traced(r *http.Request, method, route string) (*http.Request, func(status int)) {
	if s.cfg.Tracer == nil || !isOperation(route) {
		return r, func(int) {}
	}
	ctx, end := s.cfg.Tracer.ServeRequest(r.Context(), method, route, domain.ParseTrace(r.Header.Get(traceHeader)))
	return r.WithContext(ctx), end
}

// observe measures each request, records it as a step of a trace and writes its line in the access log: who, what and how
// long, never bodies, tokens or query strings.
func (s *site) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, method, route := time.Now(), methodLabel(r.Method), routeOf(r)
		r, end := s.traced(r, method, route)
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)

		took, status := time.Since(start), max(ww.Status(), http.StatusOK)
		end(status)
		s.latency.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
		s.logAccess(r, route, status, took)
	})
}

func (s *site) logAccess(r *http.Request, route string, status int, took time.Duration) {
	level := slog.LevelInfo
	if !isOperation(route) && status < http.StatusInternalServerError {
		level = slog.LevelDebug
	}
	x := exchangeOf(r.Context())
	attrs := []slog.Attr{
		slog.String("method", methodLabel(r.Method)), slog.String("route", route), slog.Int("status", status),
		slog.Duration("took", took),
	}
	if x.caller.User != "" {
		attrs = append(attrs, slog.String("user_id", string(x.caller.User)))
	}
	if x.code != "" {
		attrs = append(attrs, slog.String("code", x.code))
	}
	s.log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// isOperation tells operations, of clients and of other services, from probes, scrapes and files.
func isOperation(route string) bool {
	return strings.HasPrefix(route, "/api/") || strings.HasPrefix(route, "/internal/")
}

// routeOf returns the pattern that a request was routed by.
func routeOf(r *http.Request) string {
	if pattern := chi.RouteContext(r.Context()).RoutePattern(); pattern != "" {
		return pattern
	}
	return unmatched
}

// methodLabel keeps invented methods out of logs and labels.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// recoverPanics turns a panic into 500 and a line in the log. What was answered before it stays.
func (s *site) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler: // asks the server to cut the connection
				panic(cause)
			default:
				s.fail(w, r, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			}
		}()
		next.ServeHTTP(w, r)
	})
}
