//go:build integration

package redis_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// arrivals is a gateway that says when something has come.
type arrivals struct{ subscribed, delivered chan struct{} }

func (a arrivals) Subscribed()                      { a.subscribed <- struct{}{} }
func (a arrivals) Deliver(ports.Delivery)           { a.delivered <- struct{}{} }
func (arrivals) SessionsRevoked([]domain.SessionID) {}

// BenchmarkPublish is how long an event is on its way from a worker to a gateway, one at a time.
func BenchmarkPublish(b *testing.B) {
	bus := newBus(b, open(b))
	gw := arrivals{make(chan struct{}, 16), make(chan struct{})}
	var receiving sync.WaitGroup
	receiving.Go(func() { _ = bus.Receive(b.Context(), "gw", gw) })
	b.Cleanup(receiving.Wait)
	<-gw.subscribed
	delivery := []ports.Delivery{{Event: domain.MessageNew(portstest.Ordinary()), Users: make([]domain.UserID, 34)}}
	var took []time.Duration
	for b.Loop() {
		sent := time.Now()
		require.NoError(b, bus.Deliver(b.Context(), "gw", delivery))
		<-gw.delivered
		took = append(took, time.Since(sent))
	}
	slices.Sort(took)
	for name, at := range map[string]int{"p50-µs": 50, "p99-µs": 99} {
		b.ReportMetric(float64(took[len(took)*at/100].Microseconds()), name)
	}
}
