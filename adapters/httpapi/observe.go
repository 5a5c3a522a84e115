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
)

// unmatched is the route label of requests that no route is there for: their paths must not become labels.
const unmatched = "unmatched"

func newLatency() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds",
		Help: "Time to answer a request, by route pattern.",
	}, []string{"method", "route", "status"})
}

// observe measures each request and writes its line in the access log: who, what and how long, never bodies, tokens or
// query strings.
func (s *site) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)

		took, status, route := time.Since(start), max(ww.Status(), http.StatusOK), routeOf(r)
		s.latency.WithLabelValues(methodLabel(r.Method), route, strconv.Itoa(status)).Observe(took.Seconds())
		s.logAccess(r, route, status, took)
	})
}

func (s *site) logAccess(r *http.Request, route string, status int, took time.Duration) {
	level := slog.LevelInfo
	if !strings.HasPrefix(route, "/api/") && status < http.StatusInternalServerError {
		level = slog.LevelDebug // probes, scrapes and files
	}
	x := exchangeOf(r.Context())
	attrs := []slog.Attr{
		slog.String("method", methodLabel(r.Method)), slog.String("route", route), slog.Int("status", status),
		slog.Duration("took", took), slog.String("request_id", x.id),
	}
	if x.caller.User != "" {
		attrs = append(attrs, slog.String("user_id", string(x.caller.User)))
	}
	if x.code != "" {
		attrs = append(attrs, slog.String("code", x.code))
	}
	s.log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
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
