package messages

import (
	"context"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// History shows members a conversation's log, a page at a time, never beyond what is settled.
type History struct {
	heads   ports.HeadReader
	entries ports.MessageReader
}

// NewHistory returns the use case.
func NewHistory(heads ports.HeadReader, entries ports.MessageReader) *History {
	return &History{heads, entries}
}

// HistoryInput asks for a page; nil means "not given", and at most one of AfterSeq, BeforeSeq and Latest may be.
type HistoryInput struct {
	Viewer              domain.UserID
	Conversation        string
	AfterSeq, BeforeSeq *int64
	Latest              *bool
	Limit               *int
}

// Execute returns the page. A message is shown only when every seq below it is settled, so that the last seq seen is
// always a safe place to go on from. conversation_not_found, validation_failed.
func (uc *History) Execute(ctx context.Context, in HistoryInput) (domain.HistoryPage, error) {
	cid, err := domain.ParseConversationID(in.Conversation)
	if err != nil {
		return domain.HistoryPage{}, err
	}
	q, err := domain.NewHistoryQuery(in.AfterSeq, in.BeforeSeq, in.Latest, in.Limit)
	if err != nil {
		return domain.HistoryPage{}, err
	}
	// The head is read before the entries: what was settled then is surely stored now.
	head, err := uc.heads.Head(ctx, in.Viewer, cid)
	if err != nil {
		return domain.HistoryPage{}, fmt.Errorf("read head: %w", err)
	}
	log := settledLog{uc.entries, cid, head}
	var page domain.HistoryPage
	switch q.Direction {
	case domain.Forward:
		page, err = log.forward(ctx, q.From, q.Limit)
	case domain.Backward:
		page, err = log.backward(ctx, q.From, q.Limit)
	case domain.Latest:
		if page, err = log.backward(ctx, head.LastSeq+1, q.Limit); page.Next > page.First {
			break
		}
		page.First, page.Next = 1, 1 // nothing is settled: whoever goes on from here begins at the beginning
	}
	if err != nil {
		return domain.HistoryPage{}, fmt.Errorf("read entries: %w", err)
	}
	return page, nil
}

// settledLog reads one conversation's log up to its settled head: the unbroken run of entries that reaches the floor and
// goes on above it, never above the last_seq that was read with the floor. Above the floor an entry can be stored
// and not yet settled; it counts as long as nothing is missing below it.
type settledLog struct {
	entries      ports.MessageReader
	conversation domain.ConversationID
	head         domain.Head
}

// forward reads above after.
func (l settledLog) forward(ctx context.Context, after domain.Seq, limit int) (domain.HistoryPage, error) {
	page := domain.HistoryPage{First: after + 1, Next: after + 1, Messages: make([]domain.Pointer, 0, max(0, atMost(limit, l.head.LastSeq-after)))}
	start := min(l.head.Floor, after+1) // from the floor on, to see whether the run reaches up to here
	err := l.run(ctx, start, limit, func(e domain.Entry) bool {
		switch {
		case e.Seq <= after:
			return true
		case e.Kind == domain.EntryMessage && len(page.Messages) == limit:
			page.HasMore = true
			return false
		case e.Kind == domain.EntryMessage:
			page.Messages = append(page.Messages, e.Pointer)
		}
		page.Next = e.Seq + 1
		return true
	})
	return page, err
}

// backward reads below before, and below the settled head.
func (l settledLog) backward(ctx context.Context, before domain.Seq, limit int) (domain.HistoryPage, error) {
	top, err := l.settledBelow(ctx, before, limit)
	if err != nil {
		return domain.HistoryPage{}, err
	}
	if top < 1 {
		return domain.HistoryPage{First: before, Next: before}, nil
	}
	page := domain.HistoryPage{First: top + 1, Next: top + 1, Messages: make([]domain.Pointer, 0, atMost(limit, top))}
	for below := top + 1; below > 1; {
		batch, err := l.entries.EntriesBelow(ctx, l.conversation, below, atMost(limit+1, below-1))
		if err != nil {
			return page, err
		}
		for _, e := range batch {
			if e.Kind == domain.EntryMessage && len(page.Messages) == limit {
				page.HasMore = true
				return ascending(page), nil
			}
			if e.Kind == domain.EntryMessage {
				page.Messages = append(page.Messages, e.Pointer)
			}
			page.First = e.Seq
		}
		if len(batch) == 0 {
			break
		}
		below = batch[len(batch)-1].Seq
	}
	return ascending(page), nil
}

// settledBelow returns the highest seq that is below before and not above the settled head.
func (l settledLog) settledBelow(ctx context.Context, before domain.Seq, limit int) (domain.Seq, error) {
	if before <= l.head.Floor {
		return before - 1, nil
	}
	top := l.head.Settled()
	err := l.run(ctx, l.head.Floor, limit, func(e domain.Entry) bool {
		if e.Seq >= before {
			return false
		}
		top = e.Seq
		return true
	})
	return top, err
}

// run calls visit for the entries from seq on, ascending, until one is missing above the floor, last_seq is passed, or
// visit returns false. Below the floor nothing can be missing.
func (l settledLog) run(ctx context.Context, from domain.Seq, limit int, visit func(domain.Entry) bool) error {
	for next := from; next <= l.head.LastSeq; {
		want := atMost(limit+1, l.head.LastSeq-next+1)
		batch, err := l.entries.EntriesFrom(ctx, l.conversation, next, want)
		if err != nil {
			return err
		}
		for _, e := range batch {
			if e.Seq > l.head.LastSeq || (e.Seq != next && e.Seq > l.head.Floor) {
				return nil
			}
			if !visit(e) {
				return nil
			}
			next = e.Seq + 1
		}
		if len(batch) < want { // the store has no more
			return nil
		}
	}
	return nil
}

// atMost bounds a limit by how many seqs there are: a store makes room for as many entries as it is asked for.
func atMost(limit int, seqs domain.Seq) int { return int(min(domain.Seq(limit), seqs)) }

// ascending turns round what was read from the top.
func ascending(p domain.HistoryPage) domain.HistoryPage {
	for i, j := 0, len(p.Messages)-1; i < j; i, j = i+1, j-1 {
		p.Messages[i], p.Messages[j] = p.Messages[j], p.Messages[i]
	}
	return p
}
