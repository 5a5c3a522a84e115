package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Topics looks at the topics, for readiness. It is safe for concurrent use.
type Topics struct {
	cfg       Config
	transport *kafka.Transport
	client    *kafka.Client
}

// OpenTopics connects when it is first used. The caller closes it.
func OpenTopics(cfg Config) (*Topics, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	transport := cfg.transport()
	return &Topics{cfg, transport, cfg.client(transport)}, nil
}

// Close ends the connections.
func (t *Topics) Close() { t.transport.CloseIdleConnections() }

// Check names every topic that is missing or has a partition without a leader, and fails if no broker answers.
func (t *Topics) Check(ctx context.Context) error {
	metadata, err := t.client.Metadata(ctx, &kafka.MetadataRequest{Topics: t.cfg.topics()})
	if err != nil {
		return fmt.Errorf("kafka: metadata: %w", err)
	}
	var faults []error
	for _, topic := range metadata.Topics {
		switch {
		case topic.Error != nil:
			faults = append(faults, fmt.Errorf("kafka: topic %s: %w", topic.Name, topic.Error))
		case !led(topic):
			faults = append(faults, fmt.Errorf("kafka: topic %s: a partition has no leader", topic.Name))
		}
	}
	return errors.Join(faults...)
}

// led tells whether every partition of a topic has a broker that leads it.
func led(t kafka.Topic) bool {
	for _, p := range t.Partitions {
		if p.Error != nil || p.Leader.Host == "" {
			return false
		}
	}
	return len(t.Partitions) > 0
}
