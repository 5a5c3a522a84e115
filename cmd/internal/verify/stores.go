package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Records is what is kept beside the entries of the logs, for an operator.
type Records interface {
	// Records returns at most limit conversations with ids above after, ascending.
	Records(ctx context.Context, after domain.ConversationID, limit int) ([]domain.ConversationRecord, error)
	// Allocations returns those of a range of seqs that are still remembered, ascending.
	Allocations(ctx context.Context, c domain.ConversationID, from, to domain.Seq) ([]domain.Allocation, error)
	// Repair applies a repair. Applying it again changes nothing.
	Repair(ctx context.Context, r domain.LogRepair) error
}

// Stores is where everything is kept.
type Stores struct {
	Records Records
	Entries ports.MessageReader
	Voids   Undertaker // nil: the store has no voids
	File    File       // nil: the store is no file of ours
}

// File is what a store is kept in.
type File interface {
	// Faults returns what does not fit together in it.
	Faults(ctx context.Context) ([]string, error)
}

// Undertaker puts tombstones.
type Undertaker interface {
	Bury(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error)
}

const (
	recordsAtOnce = 100
	entriesAtOnce = 500
)

// Seen hears how many conversations are done, and of how many that are known of so far.
type Seen func(done, known int)

// Check reads all that the stores keep, and plans how to mend what a restore broke. Of every conversation it reads the whole
// texts of the newest long messages, at most so many; a negative number means all.
func Check(ctx context.Context, s Stores, texts int, seen Seen) (Report, []Plan, error) {
	c := &checker{Stores: s, texts: texts, pairs: map[string]domain.ConversationID{}}
	if damaged, err := c.file(ctx); err != nil || damaged {
		return c.report, nil, err
	}
	for {
		records, err := s.Records.Records(ctx, c.previous, recordsAtOnce)
		if err != nil {
			return c.report, nil, fmt.Errorf("conversations: %w", err)
		}
		if len(records) == 0 {
			return c.report, c.plans, nil
		}
		known := c.report.Conversations + len(records)
		if len(records) == recordsAtOnce {
			known++ // there may be more
		}
		for _, r := range records {
			if err := c.conversation(ctx, r); err != nil {
				return c.report, nil, fmt.Errorf("conversation %s: %w", r.ID, err)
			}
			c.previous = r.ID
			seen(c.report.Conversations, known)
		}
	}
}

// file tells whether the file itself is damaged: what it says is then not worth reading, nor to be repaired here.
func (c *checker) file(ctx context.Context) (damaged bool, err error) {
	if c.File == nil {
		return false, nil
	}
	faults, err := c.File.Faults(ctx)
	if err != nil {
		return false, fmt.Errorf("file: %w", err)
	}
	for _, fault := range faults {
		c.report.Violations = append(c.report.Violations, Violation{Promise: "file", What: fault})
	}
	return len(faults) > 0, nil
}

type checker struct {
	Stores
	texts    int
	pairs    map[string]domain.ConversationID // by members
	previous domain.ConversationID            // the one checked last
	report   Report
	plans    []Plan
}

func (c *checker) conversation(ctx context.Context, r domain.ConversationRecord) error {
	c.report.Members(r.ID, r.Type, len(r.Members))
	if _, none := r.WithoutAdmin(); none {
		c.report.NoAdmin(r.ID)
	}
	c.pair(r)
	log := NewLog(&c.report, r.ID, c.texts)
	plan := Plan{LogRepair: domain.LogRepair{Conversation: r.ID, LastSeq: r.Head.LastSeq}}
	if err := c.entries(ctx, r, log); err != nil {
		return err
	}
	log.End(r.Head.Settled())
	if err := c.beyond(ctx, r, &plan); err != nil {
		return err
	}
	c.counts(r, log, &plan)
	c.list(r, log)
	if err := c.bodies(ctx, log); err != nil {
		return err
	}
	if plan.complete(r, log) {
		c.plans = append(c.plans, plan)
	}
	return nil
}

// pair checks that a direct conversation is the only one of its pair, and known as theirs.
func (c *checker) pair(r domain.ConversationRecord) {
	if r.Type != domain.DM || len(r.Members) != 2 {
		return
	}
	key := domain.DMKey(r.Members[0].UserID, r.Members[1].UserID)
	if other, twice := c.pairs[key]; twice {
		c.report.Found("I7", r.ID, 0, "the same two people have conversation %s", other)
	}
	c.pairs[key] = r.ID
	if r.DMKey != key {
		c.report.Found("I7", r.ID, 0, "is kept as the conversation of others than its members")
	}
}

// entries reads the log up to the counter, and compares it with what seqs were given for.
func (c *checker) entries(ctx context.Context, r domain.ConversationRecord, log *Log) error {
	for from := domain.Seq(1); from <= r.Head.LastSeq; {
		entries, err := c.Entries.EntriesFrom(ctx, r.ID, from, entriesAtOnce)
		if err != nil {
			return fmt.Errorf("entries: %w", err)
		}
		entries = slices.DeleteFunc(entries, func(e domain.Entry) bool { return e.Seq > r.Head.LastSeq })
		to := r.Head.LastSeq
		if len(entries) == entriesAtOnce {
			to = entries[len(entries)-1].Seq
		}
		for _, e := range entries {
			log.Add(e)
		}
		if err := c.allocations(ctx, r, entries, from, min(to, r.Head.Settled())); err != nil {
			return err
		}
		from = to + 1
	}
	return nil
}

// allocations checks that what was acknowledged is in the store.
func (c *checker) allocations(ctx context.Context, r domain.ConversationRecord, entries []domain.Entry, from, to domain.Seq) error {
	if to < from {
		return nil
	}
	given, err := c.Records.Allocations(ctx, r.ID, from, to)
	if err != nil {
		return fmt.Errorf("allocations: %w", err)
	}
	for _, a := range given {
		i, there := slices.BinarySearchFunc(entries, a.Seq, func(e domain.Entry, s domain.Seq) int { return int(e.Seq - s) })
		acknowledged := a.State == domain.Stored || a.State == domain.Published
		if acknowledged && (!there || !entries[i].Holds(a.MessageID)) {
			c.report.Found("I1", r.ID, a.Seq, "message %s was acknowledged and is not in the store", a.MessageID)
		}
	}
	return nil
}

// beyond looks for entries above the counter: nothing is stored that was not numbered before. The counter is read again
// after what was found, for it may have moved.
func (c *checker) beyond(ctx context.Context, r domain.ConversationRecord, plan *Plan) error {
	above, err := c.Entries.EntriesFrom(ctx, r.ID, r.Head.LastSeq+1, 1)
	if err != nil || len(above) == 0 {
		return err
	}
	now, err := c.Records.Records(ctx, c.previous, 1)
	if err != nil || len(now) == 0 || now[0].ID != r.ID || now[0].Head.LastSeq >= above[0].Seq {
		return err
	}
	c.report.Found("I3", r.ID, above[0].Seq, "is stored, and the counter is at %d", r.Head.LastSeq)
	return plan.beyond(ctx, c.Stores, above[0].Seq)
}

// counts compares what is unread by the records with the messages there are.
func (c *checker) counts(r domain.ConversationRecord, log *Log, plan *Plan) {
	settled := r.Head.Settled()
	for _, v := range log.voids {
		if _, listed := slices.BinarySearch(r.Voids, v); !listed && v <= settled {
			plan.Voids = append(plan.Voids, v)
		}
	}
	for _, m := range r.Members {
		voids := position(r.Voids, settled) - position(r.Voids, m.LastRead)
		shown := domain.UnreadCount(settled, m.LastRead, int64(max(0, voids)))
		if counted := log.Between(m.LastRead, settled); shown != counted {
			c.report.Found("I6", r.ID, 0, "%d unread are shown to user %s, there are %d", shown, m.UserID, counted)
		}
	}
}

// list checks what lists show of the latest message.
func (c *checker) list(r domain.ConversationRecord, log *Log) {
	switch tail := log.tail; {
	case tail.Seq == 0 || tail.Seq > r.Head.Settled():
	case r.Last == nil || r.Last.Seq < tail.Seq:
		c.report.Found("I1", r.ID, tail.Seq, "the latest message is not the one that lists show")
	case r.Last.Seq == tail.Seq && (r.Last.ID != tail.ID || r.Last.Preview != tail.Preview || r.Last.HasMore != tail.HasMore || r.Last.Sender != tail.Sender):
		c.report.Found("I1", r.ID, tail.Seq, "lists show another preview than the message has")
	}
}

func (c *checker) bodies(ctx context.Context, log *Log) error {
	for _, p := range log.Long() {
		body, err := c.Entries.Body(ctx, p.Conversation, p.Seq, p.ID)
		if ctx.Err() != nil || errors.Is(err, domain.ErrUnavailable) {
			return fmt.Errorf("text: %w", err)
		}
		if err != nil {
			c.report.Found("I1", p.Conversation, p.Seq, "the whole text cannot be read: %v", err)
			continue
		}
		log.Text(p, body)
	}
	return nil
}
