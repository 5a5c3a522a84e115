package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"chatsystem/domain"
)

// Plan is what would bring one conversation in line after a store was restored from a backup: the seqs that nothing holds
// become voids, and the counter is lifted to the store's head, so that no seq is given a second time. It also gives an
// admin to a group without one.
type Plan struct {
	domain.LogRepair
	From domain.Seq   // where the counter is
	Bury []domain.Seq // of the voids: those that get a tombstone first

	NewAdmin domain.UserID // who becomes admin of a group without one; empty: nobody
}

// String says what a plan does.
func (p Plan) String() string {
	text := fmt.Sprintf("conversation %s:", p.Conversation)
	if len(p.Bury) > 0 {
		text += fmt.Sprintf(" %d lost seqs become voids %v;", len(p.Bury), p.Bury[:min(len(p.Bury), 20)])
	}
	if listed := len(p.Voids) - len(p.Bury); listed > 0 {
		text += fmt.Sprintf(" %d voids are listed as such;", listed)
	}
	if p.LastSeq > p.From {
		text += fmt.Sprintf(" the counter is lifted from %d to %d;", p.From, p.LastSeq)
	}
	if p.NewAdmin != "" {
		text += fmt.Sprintf(" user %s, the longest-standing member, becomes admin;", p.NewAdmin)
	}
	return text[:len(text)-1]
}

// beyond takes what is stored above the counter into the plan.
func (p *Plan) beyond(ctx context.Context, s Stores, from domain.Seq) error {
	expected := p.LastSeq + 1
	for {
		entries, err := s.Entries.EntriesFrom(ctx, p.Conversation, from, entriesAtOnce)
		if err != nil {
			return fmt.Errorf("entries: %w", err)
		}
		for _, e := range entries {
			for ; expected < e.Seq && len(p.Bury) < maxHoles; expected++ {
				p.Bury = append(p.Bury, expected)
			}
			expected, p.LastSeq = e.Seq+1, e.Seq
			switch e.Kind {
			case domain.EntryVoid:
				p.Voids = append(p.Voids, e.Seq)
			case domain.EntryMessage:
				m := e.Pointer
				if err := p.remember(ctx, s, m); err != nil {
					return err
				}
				p.Last = &domain.LastMessage{ID: m.ID, Seq: m.Seq, Sender: m.Sender, At: m.CreatedAt, Preview: m.Preview, HasMore: m.HasMore}
			case domain.EntryUnknown:
			}
		}
		if len(entries) < entriesAtOnce {
			return nil
		}
		from = expected
	}
}

// remember takes a message into the plan whose client_msg_id is to be known again. One whose text is lost cannot be
// recognized by a retry.
func (p *Plan) remember(ctx context.Context, s Stores, m domain.Pointer) error {
	body, err := s.Entries.Body(ctx, m.Conversation, m.Seq, m.ID)
	if ctx.Err() != nil || errors.Is(err, domain.ErrUnavailable) {
		return fmt.Errorf("text: %w", err)
	}
	if err == nil {
		p.Posted = append(p.Posted, domain.Allocation{
			Conversation: m.Conversation, Seq: m.Seq, MessageID: m.ID, Sender: m.Sender, ClientMsgID: m.ClientMsgID,
			BodyHash: domain.Draft{Body: body}.BodyHash(), CreatedAt: m.CreatedAt, MembersVersion: m.MembersVersion, State: domain.Published,
		})
	}
	return nil
}

// complete adds the holes of the log to the plan and tells whether there is anything to do.
func (p *Plan) complete(r domain.ConversationRecord, log *Log) bool {
	p.From = r.Head.LastSeq
	for _, h := range log.holes {
		if h <= r.Head.Settled() { // above it they are on their way, and the reconciler's
			p.Bury = append(p.Bury, h)
		}
	}
	p.Voids = append(p.Voids, p.Bury...)
	slices.Sort(p.Bury)
	slices.Sort(p.Voids)
	if m, none := r.WithoutAdmin(); none {
		p.Admin, p.NewAdmin = true, m.UserID
	}
	return len(p.Voids) > 0 || p.LastSeq > p.From || p.Admin
}

// Apply carries plans out. What holds a seq by now keeps it: only what is a void becomes one in the records.
func Apply(ctx context.Context, s Stores, plans []Plan, done func(Plan) error) error {
	for _, p := range plans {
		repair := p.LogRepair
		for _, seq := range p.Bury {
			if s.Voids == nil {
				return fmt.Errorf("%v: this store has no voids: take the missing messages from a backup", p)
			}
			e, err := s.Voids.Bury(ctx, p.Conversation, seq)
			if err != nil {
				return fmt.Errorf("void seq %d of conversation %s: %w", seq, p.Conversation, err)
			}
			if e.Kind != domain.EntryVoid {
				repair.Voids = slices.DeleteFunc(slices.Clone(repair.Voids), func(v domain.Seq) bool { return v == seq })
			}
		}
		if err := s.Records.Repair(ctx, repair); err != nil {
			return fmt.Errorf("conversation %s: %w", p.Conversation, err)
		}
		if err := done(p); err != nil {
			return err
		}
	}
	return nil
}
