package kafka

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.EventSource = (*Consumer)(nil)

const (
	fetchedCapacity = 1024 // events that wait for Fetch; the partitions' readers wait beyond that
	// generationPause is how soon one generation may follow another: topics that are missing end each at once.
	generationPause = 500 * time.Millisecond
)

// Consumer receives events as one of the consumers that share the partitions. Run must be under way for Fetch to
// return any.
type Consumer struct {
	cfg     Config
	log     *slog.Logger
	fetched chan fetched

	generation atomic.Int64 // counts the assignments of partitions to this consumer
	seen       int64        // the generation of which Fetch told last; Fetch's alone

	parked, failures atomic.Int64
}

// fetched is an event on its way from a partition's reader to Fetch.
type fetched struct {
	event      domain.Event
	generation int64
	done       func()
}

// NewConsumer returns a consumer that does nothing until Run.
func NewConsumer(cfg Config, log *slog.Logger) (*Consumer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Consumer{cfg: cfg, log: log, fetched: make(chan fetched, fetchedCapacity)}, nil
}

// Fetch implements ports.EventSource. Reassigned is true on the first return after partitions were given out anew: what
// was fetched and not done before comes again, here or elsewhere. Calls of Done from before have no effect.
func (c *Consumer) Fetch(ctx context.Context, max int) (ports.EventBatch, error) {
	var batch ports.EventBatch
	if err := ctx.Err(); err != nil {
		return batch, err
	}
	for len(batch.Events) == 0 {
		select {
		case f := <-c.fetched:
			c.add(&batch, f)
		case <-ctx.Done():
			c.noteReassigned(&batch)
			return batch, ctx.Err()
		}
	}
	for len(batch.Events) < max {
		select {
		case f := <-c.fetched:
			c.add(&batch, f)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// add leaves out what was fetched for an earlier generation.
func (c *Consumer) add(batch *ports.EventBatch, f fetched) {
	c.noteReassigned(batch)
	if f.generation == c.seen {
		batch.Events = append(batch.Events, ports.InboundEvent{Event: f.event, Done: f.done})
	}
}

// noteReassigned begins the batch anew if a generation has begun.
func (c *Consumer) noteReassigned(batch *ports.EventBatch) {
	if now := c.generation.Load(); now != c.seen {
		*batch = ports.EventBatch{Reassigned: c.seen != 0}
		c.seen = now
	}
}

// Run takes part in the group until ctx ends; then it commits what is done and leaves, so that others take over at
// once. It is called once.
func (c *Consumer) Run(ctx context.Context) {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                    c.cfg.group(),
		Brokers:               c.cfg.Brokers,
		Dialer:                c.cfg.dialer(),
		Topics:                c.cfg.eventTopics(),
		WatchPartitionChanges: true,
		StartOffset:           kafka.FirstOffset, // a new group misses nothing
		HeartbeatInterval:     time.Second,
		SessionTimeout:        6 * time.Second, // how long a dead consumer keeps its partitions; brokers allow no less
		RebalanceTimeout:      10 * time.Second,
		JoinGroupBackoff:      time.Second, // 5 s by default, for every start
	})
	if err != nil {
		c.log.Error("events cannot be consumed", "error", err)
		return
	}
	defer func() { _ = group.Close() }() // waits; its error is always nil
	transport := c.cfg.transport()
	defer transport.CloseIdleConnections()
	parking := newParking(c.cfg, transport)
	defer parking.close()
	for {
		next, err := group.Next(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil { // the group tries again by itself
			c.failed("join consumer group", err)
			continue
		}
		c.begin(next, c.cfg.client(transport), parking)
		select {
		case <-time.After(generationPause):
		case <-ctx.Done():
			return
		}
	}
}

// failed counts and logs what is tried again; that partitions are being given out anew is no failure.
func (c *Consumer) failed(step string, err error) {
	if errors.Is(err, kafka.RebalanceInProgress) {
		return
	}
	c.failures.Add(1)
	c.log.Warn("kafka: "+step, "error", err)
}

// Parked returns how many messages were parked because they could not be read.
func (c *Consumer) Parked() int64 { return c.parked.Load() }

// Reassignments returns how often this consumer was given partitions.
func (c *Consumer) Reassignments() int64 { return c.generation.Load() }

// Failures returns how many steps failed and were tried again.
func (c *Consumer) Failures() int64 { return c.failures.Load() }
