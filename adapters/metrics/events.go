package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"chatsystem/domain"
	"chatsystem/ports"
)

// EventPublisher returns next with its batches measured.
func EventPublisher(r prometheus.Registerer, next ports.EventPublisher) ports.EventPublisher {
	with := promauto.With(r)
	return publisher{
		next,
		with.NewHistogram(prometheus.HistogramOpts{Name: "chat_publish_batch_size", Help: "Events published in one call.", Buckets: sizes}),
		newSteps(with, "chat_publish", "Publishing one batch of events"),
	}
}

type publisher struct {
	next  ports.EventPublisher
	size  prometheus.Histogram
	calls steps
}

// Publish implements ports.EventPublisher.
func (p publisher) Publish(ctx context.Context, events []domain.Event) error {
	p.size.Observe(float64(len(events)))
	return p.calls.measure(func() error { return p.next.Publish(ctx, events) })
}

// EventSource returns next with what comes from it measured.
func EventSource(r prometheus.Registerer, clock ports.Clock, next ports.EventSource) ports.EventSource {
	with := promauto.With(r)
	return &source{
		next: next, clock: clock,
		size:  with.NewHistogram(prometheus.HistogramOpts{Name: "chat_fanout_batch_size", Help: "Events fetched in one call.", Buckets: sizes}),
		lag:   with.NewHistogram(prometheus.HistogramOpts{Name: "chat_fanout_lag_seconds", Help: "From a message's creation until fan-out fetched its event.", Buckets: latencies}),
		route: with.NewHistogram(prometheus.HistogramOpts{Name: "chat_fanout_route_duration_seconds", Help: "From when an event was fetched until every gateway had it.", Buckets: latencies}),
	}
}

type source struct {
	next             ports.EventSource
	clock            ports.Clock
	size, lag, route prometheus.Histogram
}

// Fetch implements ports.EventSource.
func (s *source) Fetch(ctx context.Context, max int) (ports.EventBatch, error) {
	batch, err := s.next.Fetch(ctx, max)
	if len(batch.Events) == 0 {
		return batch, err
	}
	s.size.Observe(float64(len(batch.Events)))
	now := s.clock()
	for i := range batch.Events {
		e := &batch.Events[i]
		observeAge(s.lag, e.CreatedAt, now)
		done := e.Done
		e.Done = func() {
			s.route.Observe(s.clock().Sub(now).Seconds())
			done()
		}
	}
	return batch, err
}

// observeAge leaves out what has no age; clocks of two machines may differ by more than it.
func observeAge(h prometheus.Histogram, created, now time.Time) {
	if !created.IsZero() {
		h.Observe(max(0, now.Sub(created).Seconds()))
	}
}
