package sqlite

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.Settler          = (*DB)(nil)
	_ ports.UnfinishedLeases = (*DB)(nil)
)

// maxUnannounced messages may wait to be announced; nobody can send more until some are. That happens only if delivery stands still.
const maxUnannounced = 65536

// unannounced are the messages of this process whose events are not on their way yet. They need not outlive it: its clients end
// with it, and come back to history, which has them.
type unannounced struct {
	mu       sync.Mutex
	messages map[logKey]*awaiting
}

// logKey names one seq of one conversation.
type logKey struct {
	conversation domain.ConversationID
	seq          domain.Seq
}

// awaiting is a message that waits to be announced.
type awaiting struct {
	domain.Allocation
	since, leasedUntil time.Time
}

func (u *unannounced) full() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.messages) >= maxUnannounced
}

func (u *unannounced) add(a domain.Allocation, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.messages[logKey{a.Conversation, a.Seq}] = &awaiting{Allocation: a, since: now}
}

// Settle implements ports.Settler. A message is stored, shown in lists and read by its sender from the moment it is
// posted, so PUBLISHED is the only step left.
func (d *DB) Settle(ctx context.Context, settlements []domain.Settlement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.unannounced.settle(settlements)
	return nil
}

func (u *unannounced) settle(settlements []domain.Settlement) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range settlements {
		if s.State == domain.Published {
			delete(u.messages, logKey{s.Conversation, s.Seq})
		}
	}
}

// LeaseUnfinished implements ports.UnfinishedLeases; every allocation is STORED.
func (d *DB) LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return d.unannounced.lease(d.clock(), age, lease, limit), nil
}

func (u *unannounced) lease(now time.Time, age, lease time.Duration, limit int) []domain.Allocation {
	u.mu.Lock()
	defer u.mu.Unlock()
	var old []*awaiting
	for _, m := range u.messages {
		if now.Sub(m.since) > age && !now.Before(m.leasedUntil) {
			old = append(old, m)
		}
	}
	slices.SortFunc(old, func(a, b *awaiting) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.Seq, b.Seq))
	})
	old = old[:min(limit, len(old))]
	leased := make([]domain.Allocation, len(old))
	for i, m := range old {
		m.leasedUntil = now.Add(lease)
		leased[i] = m.Allocation
	}
	return leased
}
