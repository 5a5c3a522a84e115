package memory

import (
	"context"
	"slices"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.Allocations = (*Store)(nil)

type allocationTables struct {
	made       []*allocation            // in the order they were made
	unfinished map[*allocation]struct{} // pending or stored
}

func newAllocationTables() allocationTables {
	return allocationTables{unfinished: map[*allocation]struct{}{}}
}

type allocation struct {
	domain.Allocation
	leasedUntil time.Time
}

// allocationLog is what is remembered of one conversation's seqs.
type allocationLog struct {
	bySeq   map[domain.Seq]*allocation
	byDraft map[draftKey]*allocation // without voids
	pending []domain.Seq             // ascending
	voids   []domain.Seq             // ascending; kept for ever
	latest  time.Time                // created_at of the last allocation
}

type draftKey struct {
	sender      domain.UserID
	clientMsgID string
}

func newAllocationLog() allocationLog {
	return allocationLog{bySeq: map[domain.Seq]*allocation{}, byDraft: map[draftKey]*allocation{}}
}

// Allocate implements ports.SequenceAllocator.
func (s *Store) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	if err := s.begin(ctx); err != nil {
		return domain.Allocation{}, false, err
	}
	defer s.mu.Unlock()
	row, _, err := s.activeIn(r.Conversation, r.Sender)
	if err != nil {
		return domain.Allocation{}, false, err
	}
	if live := row.log.byDraft[draftKey{r.Sender, r.ClientMsgID}]; live != nil {
		if live.BodyHash != r.BodyHash {
			return domain.Allocation{}, false, domain.ErrClientMsgIDReused
		}
		if live.Seq != r.Refused.Seq || !s.void(row, live, !r.Refused.Foreign) {
			return live.Allocation, false, nil
		}
	}
	a := &allocation{Allocation: domain.NewAllocation(r, row.LastSeq, row.MembersVersion, s.clock(), row.log.latest)}
	row.LastSeq = a.Seq
	row.log.add(a)
	s.made = append(s.made, a)
	s.unfinished[a] = struct{}{}
	return a.Allocation, true, nil
}

// Void implements ports.SequenceAllocator.
func (s *Store) Void(ctx context.Context, c domain.ConversationID, seq domain.Seq, why domain.VoidReason) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if row, a := s.allocationAt(c, seq); a != nil {
		s.void(row, a, why == domain.VoidTombstone)
	}
	return nil
}

// void closes a pending seq and tells whether it was one; listed ones do not count as messages.
func (s *Store) void(row *conversation, a *allocation, listed bool) bool {
	if !a.State.CanBecome(domain.Voided) {
		return false
	}
	a.State = domain.Voided
	row.log.settled(a.Seq)
	delete(row.log.byDraft, a.draft())
	delete(s.unfinished, a)
	if listed {
		i, _ := slices.BinarySearch(row.log.voids, a.Seq)
		row.log.voids = slices.Insert(row.log.voids, i, a.Seq)
	}
	return true
}

// allocationAt returns the allocation of a seq and its conversation; nil if there is none.
func (s *Store) allocationAt(c domain.ConversationID, seq domain.Seq) (*conversation, *allocation) {
	row := s.conversations[c]
	if row == nil {
		return nil, nil
	}
	return row, row.log.bySeq[seq]
}

func (a *allocation) draft() draftKey { return draftKey{a.Sender, a.ClientMsgID} }

func (l *allocationLog) add(a *allocation) {
	l.bySeq[a.Seq] = a
	l.byDraft[a.draft()] = a
	l.pending = append(l.pending, a.Seq)
	l.latest = a.CreatedAt
}

// settled takes a seq out of the pending ones.
func (l *allocationLog) settled(seq domain.Seq) {
	if i, there := slices.BinarySearch(l.pending, seq); there {
		l.pending = slices.Delete(l.pending, i, i+1)
	}
}

// voidsIn returns how many voids there are above a seq, up to another.
func (l *allocationLog) voidsIn(above, upTo domain.Seq) int64 {
	first, _ := slices.BinarySearch(l.voids, above+1)
	end, _ := slices.BinarySearch(l.voids, upTo+1)
	return int64(max(0, end-first))
}
