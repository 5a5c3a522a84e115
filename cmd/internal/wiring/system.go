package wiring

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/fx"

	"chatsystem/application/chats"
	"chatsystem/domain"
	"chatsystem/ports"
)

// system is what every program takes from the machine it runs on.
var system = fx.Options(
	fx.Supply(ports.Clock(time.Now), ports.UUIDs(newUUID), ports.Entropy(newEntropy),
		ports.Jitter(mathrand.N[time.Duration])),
	fx.Provide(func(c ports.Clock, u ports.UUIDs) chats.System { return chats.System{Clock: c, UUIDs: u} }),
	bind(newRegistry, as[prometheus.Registerer](), as[prometheus.Gatherer]()),
)

// newUUID panics only if the machine has no randomness, without which nothing here is safe.
func newUUID() string { return uuid.Must(uuid.NewV7()).String() }

func newEntropy() domain.MessageIDEntropy {
	var e domain.MessageIDEntropy
	_, _ = rand.Read(e[:]) // never fails: crypto/rand ends the process instead
	return e
}

// newRegistry returns a registry with the runtime's own metrics.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func register(r prometheus.Registerer, all ...prometheus.Collector) error {
	for _, c := range all {
		if err := r.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

func gauge(name, help string, value func() int64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(value()) })
}

func counter(name, help string, value func() int64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value()) })
}

// counters is one metric with a label, and a counter for each value of that.
func counters(name, help, label string, values map[string]func() int64) []prometheus.Collector {
	var all []prometheus.Collector
	for of, value := range values {
		all = append(all, prometheus.NewCounterFunc(
			prometheus.CounterOpts{Name: name, Help: help, ConstLabels: prometheus.Labels{label: of}},
			func() float64 { return float64(value()) },
		))
	}
	return all
}
