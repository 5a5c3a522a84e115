//go:build integration

package kafka

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// brokers returns where the servers of scripts/infra are.
func brokers() []string {
	addresses := os.Getenv("KAFKA_BROKERS") //nolint:forbidigo // where the test servers are
	if addresses == "" {
		addresses = "127.0.0.1:19092"
	}
	return strings.Split(addresses, ",")
}

// newCluster returns settings with topics and a group of the test's own.
func newCluster(t testing.TB) Config {
	cfg := Config{Brokers: brokers(), ClientID: "test", Prefix: "test-" + uuid.NewString() + "."}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, CreateTopics(ctx, cfg, 1), "start the servers with scripts/infra up")
	t.Cleanup(func() { deleteTopics(t, cfg) })
	return cfg
}

func deleteTopics(t testing.TB, cfg Config) {
	transport := cfg.transport()
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := cfg.client(transport).DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: cfg.topics()})
	require.NoError(t, err)
}

func newProducer(t testing.TB, cfg Config) *Producer {
	p, err := NewProducer(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// startConsumer runs a consumer until stop, or the test's end.
func startConsumer(t testing.TB, cfg Config) (c *Consumer, stop func()) {
	c, err := NewConsumer(cfg, silent)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { c.Run(ctx) })
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return c, stop
}

// fetch returns n events and has done called for those that it says.
func fetch(t testing.TB, source ports.EventSource, n int, done func(domain.Event) bool) []domain.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var events []domain.Event
	for len(events) < n {
		batch, err := source.Fetch(ctx, n-len(events))
		require.NoError(t, err, "after %d of %d events", len(events), n)
		for _, e := range batch.Events {
			events = append(events, e.Event)
			if done(e.Event) {
				e.Done()
			}
		}
	}
	return events
}

func all(domain.Event) bool { return true }
