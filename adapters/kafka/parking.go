package kafka

import (
	"context"
	"strconv"

	"github.com/segmentio/kafka-go"
)

// maxParkedBytes keeps a parked message, with its headers, below what brokers take.
const maxParkedBytes = 512 << 10

// parking is where messages go that cannot be read, for a person to look at.
type parking struct {
	topic  string
	writer *kafka.Writer
}

func newParking(cfg Config, transport *kafka.Transport) *parking {
	return &parking{cfg.parkedTopic(), newWriter(cfg, transport)}
}

// put parks the message with the reason and where it came from.
func (p *parking) put(ctx context.Context, m kafka.Message, reason error) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	return p.writer.WriteMessages(ctx, kafka.Message{
		Topic: p.topic,
		Key:   m.Key,
		Value: m.Value[:min(len(m.Value), maxParkedBytes)],
		Headers: []kafka.Header{
			{Key: "error", Value: []byte(reason.Error())},
			{Key: "topic", Value: []byte(m.Topic)},
			{Key: "partition", Value: strconv.AppendInt(nil, int64(m.Partition), 10)},
			{Key: "offset", Value: strconv.AppendInt(nil, m.Offset, 10)},
		},
	})
}

func (p *parking) close() { _ = p.writer.Close() } // nothing is pending: every put has returned
