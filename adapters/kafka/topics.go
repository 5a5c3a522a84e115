package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// partitions bounds how many consumers of a group work at once.
const partitions = 3

// CreateTopics makes the topics that are missing, each partition on as many brokers as replicas says, and returns when
// all of them can be written to. Topics that exist are left as they are. It runs once, before any service starts.
func CreateTopics(ctx context.Context, cfg Config, replicas int) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	transport := cfg.transport()
	defer transport.CloseIdleConnections()
	client := cfg.client(transport)

	var topics []kafka.TopicConfig
	for _, name := range cfg.topics() {
		topics = append(topics, kafka.TopicConfig{Topic: name, NumPartitions: partitions, ReplicationFactor: replicas})
	}
	created, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: topics})
	if err != nil {
		return fmt.Errorf("kafka: create topics: %w", err)
	}
	for name, err := range created.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return fmt.Errorf("kafka: create topic %s: %w", name, err)
		}
	}
	return awaitLeaders(ctx, client, cfg.topics())
}

// awaitLeaders asks until every partition of the topics has a broker that leads it.
func awaitLeaders(ctx context.Context, client *kafka.Client, topics []string) error {
	for {
		metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
		if err == nil && allLed(metadata.Topics) {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("kafka: await topics: %w", errors.Join(ctx.Err(), err))
		}
	}
}

func allLed(topics []kafka.Topic) bool {
	return !slices.ContainsFunc(topics, func(t kafka.Topic) bool { return t.Error != nil || !led(t) })
}
