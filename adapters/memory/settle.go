package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"chatsystem/domain"
)

// Settle implements ports.Settler. A settlement to VOID is ignored: only Void closes a seq.
func (s *Store) Settle(ctx context.Context, settlements []domain.Settlement) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, x := range settlements {
		row, a := s.allocationAt(x.Conversation, x.Seq)
		if a == nil || x.State == domain.Voided || !a.State.CanBecome(x.State) {
			continue
		}
		a.State = x.State
		row.log.settled(a.Seq)
		row.markRead(a.Sender, a.Seq)
		if a.Seq > row.last.Seq {
			s.moves++
			row.movedAt = s.moves
			row.last = domain.LastMessage{
				ID: x.Last.ID, Seq: a.Seq, Sender: x.Last.Sender, At: x.Last.CreatedAt, Preview: x.Last.Preview, HasMore: x.Last.HasMore,
			}
		}
		if a.finished() {
			delete(s.unfinished, a)
		}
	}
	return nil
}

// LeaseUnfinished implements ports.UnfinishedLeases.
func (s *Store) LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	now := s.clock()
	var free []*allocation
	for a := range s.unfinished {
		if now.Sub(a.CreatedAt) > age && !now.Before(a.leasedUntil) {
			free = append(free, a)
		}
	}
	slices.SortFunc(free, func(a, b *allocation) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt),
			strings.Compare(string(a.Conversation), string(b.Conversation)), cmp.Compare(a.Seq, b.Seq))
	})
	leased := make([]domain.Allocation, 0, min(limit, len(free)))
	for _, a := range free[:min(limit, len(free))] {
		a.leasedUntil = now.Add(lease)
		leased = append(leased, a.Allocation)
	}
	return leased, nil
}

// PurgeAllocations implements ports.Allocations. It goes through the allocations in the order they were made and stops at
// the first that is too young; those that are not published or void are kept, however old.
func (s *Store) PurgeAllocations(ctx context.Context, before time.Time, limit int) (int, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	purged, seen := 0, 0
	var kept []*allocation
	for _, a := range s.made {
		if purged == limit || !a.CreatedAt.Before(before) {
			break
		}
		seen++
		if !a.finished() {
			kept = append(kept, a)
			continue
		}
		purged++
		s.conversations[a.Conversation].log.forget(a)
	}
	s.made = slices.Replace(s.made, 0, seen, kept...)
	return purged, nil
}

// finished tells whether nothing is left to do for the allocation.
func (a *allocation) finished() bool { return a.State == domain.Published || a.State == domain.Voided }

func (l *allocationLog) forget(a *allocation) {
	delete(l.bySeq, a.Seq)
	if l.byDraft[a.draft()] == a {
		delete(l.byDraft, a.draft())
	}
}
