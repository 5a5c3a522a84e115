package simulation

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"

	"chatsystem/domain"
	"chatsystem/ports"
)

const partitions = 2

// broker is the topic of events and the one group of consumers that reads it.
type broker struct {
	mu        sync.Mutex
	log       [partitions][]domain.Event
	committed [partitions]int
	founded   bool // the group has begun to read
	fromLast  bool // a planted bug: it begins with what comes next
	consumers []*consumer
}

func (b *broker) publish(events []domain.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		p := partitionOf(e.Conversation)
		b.log[p] = append(b.log[p], e)
	}
}

func partitionOf(c domain.ConversationID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c))
	return int(h.Sum32() % partitions)
}

// join adds a consumer; the partitions are given out at the next rebalance.
func (b *broker) join(p *process) *consumer {
	c := &consumer{broker: b, p: p}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.consumers = append(b.consumers, c)
	return c
}

// rebalance gives the partitions out anew, among the consumers that live; deal picks one of n.
func (b *broker) rebalance(deal func(n int) int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.consumers = slices.DeleteFunc(b.consumers, func(c *consumer) bool { return c.p.dead })
	for _, c := range b.consumers {
		c.generation++
		c.reassigned = true
		c.owned = nil
	}
	if len(b.consumers) == 0 {
		return
	}
	for p := range partitions {
		if !b.founded && b.fromLast {
			b.committed[p] = len(b.log[p])
		}
		c := b.consumers[deal(len(b.consumers))]
		c.owned = append(c.owned, &progress{partition: p, next: b.committed[p], done: b.committed[p], finished: map[int]bool{}})
	}
	b.founded = true
}

// forgetGroup loses what the group has committed, as a broker does after days of silence.
func (b *broker) forgetGroup() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.committed, b.founded = [partitions]int{}, false
}

// consumer is one worker's part in the group.
type consumer struct {
	broker     *broker
	p          *process
	generation int
	reassigned bool
	owned      []*progress
}

// progress is how far a consumer has come in a partition.
type progress struct {
	partition  int
	next, done int // to fetch; everything below is finished
	finished   map[int]bool
}

var _ ports.EventSource = (*consumer)(nil)

// Fetch waits until there is something to fetch, or the partitions were given out anew.
func (c *consumer) Fetch(ctx context.Context, limit int) (ports.EventBatch, error) {
	wait := &call{by: c.p, op: "kafka.fetch", ready: c.something, steady: true}
	if c.p.w.park(ctx, wait) != works {
		return ports.EventBatch{}, cmp.Or(ctx.Err(), errLost)
	}
	return c.fetch(limit), nil
}

func (c *consumer) something() bool {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return c.reassigned || slices.ContainsFunc(c.owned, func(p *progress) bool { return p.next < len(c.broker.log[p.partition]) })
}

func (c *consumer) fetch(limit int) ports.EventBatch {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	batch := ports.EventBatch{Reassigned: c.reassigned}
	c.reassigned = false
	for _, p := range c.owned {
		for p.next < len(c.broker.log[p.partition]) && len(batch.Events) < min(limit, 3) {
			batch.Events = append(batch.Events, ports.InboundEvent{Event: c.broker.log[p.partition][p.next], Done: c.finisher(p, p.next)})
			p.next++
		}
	}
	return batch
}

// finisher returns the Done of one event; it does nothing in a later generation.
func (c *consumer) finisher(p *progress, offset int) func() {
	generation := c.generation
	return func() {
		c.broker.mu.Lock()
		defer c.broker.mu.Unlock()
		if c.generation != generation || c.p.dead {
			return
		}
		p.finished[offset] = true
		for p.finished[p.done] {
			p.done++
		}
	}
}

// commit records what is finished; false if there is nothing new.
func (c *consumer) commit() bool {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	news := false
	for _, p := range c.owned {
		news = news || c.broker.committed[p.partition] != p.done
		c.broker.committed[p.partition] = p.done
	}
	return news
}

// publisher is the broker as one process reaches it.
type publisher struct{ p *process }

var _ ports.EventPublisher = publisher{}

func (k publisher) Publish(ctx context.Context, events []domain.Event) error {
	return do(ctx, k.p, "kafka.publish", fmt.Sprintf("%s %d", events[0].Name, len(events)), func(context.Context) error {
		k.p.w.kafka.publish(events)
		return nil
	})
}

// commit records what every consumer has finished.
func (b *broker) commit() bool {
	news := false
	for _, c := range b.consumers {
		if !c.p.dead && c.commit() {
			news = true
		}
	}
	return news
}

// clear empties the topic.
func (b *broker) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log, b.committed, b.consumers = [partitions][]domain.Event{}, [partitions]int{}, nil
}
