package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// steps measures a step that is done again and again.
type steps struct {
	duration prometheus.Histogram
	failures prometheus.Counter
}

func newSteps(with promauto.Factory, name, what string) steps {
	return steps{
		with.NewHistogram(prometheus.HistogramOpts{Name: name + "_duration_seconds", Help: what + ", failures included.", Buckets: durations}),
		with.NewCounter(prometheus.CounterOpts{Name: name + "_failures_total", Help: what + ": failures."}),
	}
}

func (s steps) measure(step func() error) error {
	start := time.Now()
	err := step()
	s.duration.Observe(time.Since(start).Seconds())
	if err != nil {
		s.failures.Inc()
	}
	return err
}
