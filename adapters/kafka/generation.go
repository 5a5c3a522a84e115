package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// commitPeriod is how long a finished event may wait for its commit. A commit costs the broker milliseconds: one per
// event would bound the consumer to hundreds of events per second.
const commitPeriod = 100 * time.Millisecond

// generation is one assignment of partitions to this consumer. The group ends its context when the partitions are to be
// given out anew, and does not go on before all of its goroutines have returned.
type generation struct {
	*Consumer
	number     int64
	group      *kafka.Generation
	client     *kafka.Client
	parking    *parking
	partitions []*partition
}

type partition struct {
	topic string
	id    int
	progress
}

func (p *partition) String() string { return fmt.Sprintf("%s/%d", p.topic, p.id) }

// begin starts the goroutines of a generation.
func (c *Consumer) begin(group *kafka.Generation, client *kafka.Client, parking *parking) {
	g := &generation{Consumer: c, number: c.generation.Add(1), group: group, client: client, parking: parking}
	for topic, assigned := range group.Assignments {
		for _, a := range assigned {
			p := &partition{topic: topic, id: a.ID}
			g.partitions = append(g.partitions, p)
			group.Start(func(ctx context.Context) { g.consume(ctx, p, a.Offset) })
		}
	}
	group.Start(g.commitLoop)
}

// consume hands the messages of a partition to Fetch until ctx ends.
func (g *generation) consume(ctx context.Context, p *partition, from int64) {
	reader, err := g.open(ctx, p, from)
	if err != nil {
		if ctx.Err() == nil {
			g.failed("open "+p.String(), err)
		}
		return // and so ends the generation: the next one tries again
	}
	defer func() { _ = reader.Close() }() // nothing is pending
	for {
		m, err := reader.FetchMessage(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil { // the reader has tried thrice and goes on by itself
			g.failed("read "+p.String(), err)
			continue
		}
		if !g.accept(ctx, m, p.began(m.Offset)) {
			return
		}
	}
}

func (g *generation) open(ctx context.Context, p *partition, from int64) (*kafka.Reader, error) {
	end, err := g.endOf(ctx, p)
	if err != nil {
		return nil, err
	}
	if from > end {
		// The broker was restored from an older copy. Waiting until the partition is that long again would skip events.
		g.log.Error("offset beyond the end, starting anew", "topic", p.topic, "partition", p.id, "offset", from, "end", end)
		from = kafka.FirstOffset
	}
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers:       g.cfg.Brokers,
		Dialer:        g.cfg.dialer(),
		Topic:         p.topic,
		Partition:     p.id,
		MaxWait:       250 * time.Millisecond,
		MaxBytes:      10e6,
		QueueCapacity: fetchedCapacity / 8,
	})
	if err := reader.SetOffset(from); err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return reader, nil
}

// endOf returns the offset that the next message written to the partition gets.
func (g *generation) endOf(ctx context.Context, p *partition) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := g.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{p.topic: {kafka.LastOffsetOf(p.id)}},
	})
	if err != nil {
		return 0, err
	}
	for _, o := range answer.Topics[p.topic] {
		return o.LastOffset, o.Error
	}
	return 0, kafka.UnknownTopicOrPartition
}

// accept hands on or parks a message; false means that ctx ended first.
func (g *generation) accept(ctx context.Context, m kafka.Message, done func()) bool {
	event, err := decodeEvent(m.Value)
	if err != nil {
		if !g.park(ctx, m, err) {
			return false
		}
		done()
		return true
	}
	event.Trace = traceOf(m.Headers)
	select {
	case g.fetched <- fetched{event, g.number, done}:
		return true
	case <-ctx.Done():
		return false
	}
}

// park tries until it works: a message that is neither delivered nor parked would be lost.
func (g *generation) park(ctx context.Context, m kafka.Message, reason error) bool {
	for {
		err := g.parking.put(ctx, m, reason)
		if err == nil {
			g.parked.Add(1)
			g.log.Error("message parked", "topic", m.Topic, "partition", m.Partition, "offset", m.Offset, "error", reason)
			return true
		}
		g.failed("park message", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return false
		}
	}
}

func (g *generation) commitLoop(ctx context.Context) {
	tick := time.NewTicker(commitPeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := g.commit(); err != nil {
				g.failed("commit offsets", err)
				return // and so ends the generation: the next one has a new connection
			}
		case <-ctx.Done():
			// Still accepted: the partitions are not given out before this returns.
			if err := g.commit(); err != nil {
				g.failed("last commit of offsets", err)
			}
			return
		}
	}
}

func (g *generation) commit() error {
	offsets := map[string]map[int]int64{}
	for _, p := range g.partitions {
		if next, news := p.due(); news {
			if offsets[p.topic] == nil {
				offsets[p.topic] = map[int]int64{}
			}
			offsets[p.topic][p.id] = next
		}
	}
	if err := g.group.CommitOffsets(offsets); err != nil {
		return err
	}
	for _, p := range g.partitions {
		if next, committed := offsets[p.topic][p.id]; committed {
			p.acknowledged(next)
		}
	}
	return nil
}
