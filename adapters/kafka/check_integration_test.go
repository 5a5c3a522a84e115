//go:build integration

package kafka

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

func openTopics(t *testing.T, cfg Config) *Topics {
	t.Helper()
	topics, err := OpenTopics(cfg)
	require.NoError(t, err)
	t.Cleanup(topics.Close)
	return topics
}

// within returns a context that ends after d, or with the test.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestCheckTopics(t *testing.T) {
	t.Run("all are there", func(t *testing.T) {
		require.NoError(t, openTopics(t, newCluster(t)).Check(within(t, 10*time.Second)))
	})

	t.Run("what is missing is named, and only that, until it is made", func(t *testing.T) {
		cfg := Config{Brokers: brokers(), ClientID: "test", Prefix: "test-" + uuid.NewString() + "."}
		topics := openTopics(t, cfg)
		one := kafka.TopicConfig{Topic: cfg.messageTopic(), NumPartitions: partitions, ReplicationFactor: 1}
		_, err := topics.client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{one}})
		require.NoError(t, err)
		t.Cleanup(func() { deleteTopics(t, cfg) })

		err = topics.Check(within(t, 10*time.Second))
		require.ErrorContains(t, err, cfg.fanoutTopic())
		require.ErrorContains(t, err, cfg.parkedTopic())
		require.NotContains(t, err.Error(), cfg.messageTopic())

		require.NoError(t, CreateTopics(within(t, 20*time.Second), cfg, 1))
		require.Eventually(t, func() bool { return topics.Check(t.Context()) == nil }, 10*time.Second, 50*time.Millisecond)
	})

	t.Run("no broker answers", func(t *testing.T) {
		var listen net.ListenConfig
		listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		hangs := openTopics(t, Config{Brokers: []string{listener.Addr().String()}, ClientID: "test"})
		require.ErrorIs(t, hangs.Check(within(t, 200*time.Millisecond)), context.DeadlineExceeded)
		require.NoError(t, listener.Close())
		down := openTopics(t, Config{Brokers: []string{listener.Addr().String()}, ClientID: "test"})
		require.Error(t, down.Check(within(t, 10*time.Second)))
	})
}
