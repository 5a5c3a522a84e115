package sqlite

import (
	"context"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.UnfinishedLeases = (*DB)(nil)

const qUnpublished = `SELECT ` + pointerColumns + `, body_hash FROM messages
	WHERE unpublished_since < ? ORDER BY unpublished_since, conversation_id, seq LIMIT ?`

// LeaseUnfinished implements ports.UnfinishedLeases; every allocation is STORED. The leases are in memory only: one
// process owns the file, so they need not outlive it, and what it left unpublished may be leased as soon as it is
// back.
func (d *DB) LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error) {
	d.leaseMu.Lock()
	defer d.leaseMu.Unlock()
	now := d.clock()
	for key, until := range d.leases {
		if !now.Before(until) {
			delete(d.leases, key)
		}
	}
	var rows []postedRow
	if err := d.reads.list(ctx, &rows, qUnpublished, moment{now.Add(-age)}, limit+len(d.leases)); err != nil {
		return nil, err
	}
	var leased []domain.Allocation
	for _, r := range rows {
		key := logKey{r.Conversation, r.Seq}
		if _, taken := d.leases[key]; taken || len(leased) == limit {
			continue
		}
		d.leases[key] = now.Add(lease)
		leased = append(leased, r.allocation())
	}
	return leased, nil
}

func (r postedRow) allocation() domain.Allocation {
	a := domain.Allocation{
		Conversation: r.Conversation, Seq: r.Seq, MessageID: r.ID, Sender: r.Sender, ClientMsgID: r.ClientMsgID,
		CreatedAt: r.CreatedAt.Time, MembersVersion: r.MembersVersion, State: domain.Stored,
	}
	copy(a.BodyHash[:], r.BodyHash)
	return a
}
