package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.EventPublisher = (*Producer)(nil)

// publishTimeout bounds one Publish, whatever its context allows.
const publishTimeout = 5 * time.Second

// Producer publishes events. It is safe for concurrent use.
type Producer struct {
	cfg       Config
	writer    *kafka.Writer
	transport *kafka.Transport
}

// NewProducer returns a producer; it connects when it is first used. The caller closes it.
func NewProducer(cfg Config) (*Producer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	transport := cfg.transport()
	return &Producer{cfg, newWriter(cfg, transport), transport}, nil
}

// newWriter returns a writer that answers when all replicas in sync have the messages. Its tries together take about
// as long as a publish may: a broker that does not answer leaves no growing queue behind here.
func newWriter(cfg Config, transport *kafka.Transport) *kafka.Writer {
	return &kafka.Writer{
		Addr:         kafka.TCP(cfg.Brokers...),
		Transport:    transport,
		Balancer:     kafka.Murmur2Balancer{Consistent: true},
		RequiredAcks: kafka.RequireAll,
		BatchTimeout: 5 * time.Millisecond,
		MaxAttempts:  3,
		ReadTimeout:  requestTimeout,
		WriteTimeout: requestTimeout,
	}
}

// Publish implements ports.EventPublisher. It takes 5 s at most.
func (p *Producer) Publish(ctx context.Context, events []domain.Event) error {
	if err := ctx.Err(); err != nil || len(events) == 0 {
		return err
	}
	messages := make([]kafka.Message, len(events))
	for i, e := range events {
		value, err := encodeEvent(e)
		if err != nil {
			return fmt.Errorf("kafka: %w", err)
		}
		messages[i] = kafka.Message{Topic: p.topicOf(e), Key: []byte(e.Conversation), Value: value, Headers: traceHeaders(e.Trace)}
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := p.writer.WriteMessages(ctx, messages...); err != nil {
		return fmt.Errorf("kafka: publish %d events: %w", len(events), err)
	}
	return nil
}

func (p *Producer) topicOf(e domain.Event) string {
	if e.Seq > 0 {
		return p.cfg.messageTopic()
	}
	return p.cfg.fanoutTopic()
}

// Close waits for what is being written and ends the connections. Nothing may be published afterwards.
func (p *Producer) Close() error {
	err := p.writer.Close()
	p.transport.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("kafka: close producer: %w", err)
	}
	return nil
}
