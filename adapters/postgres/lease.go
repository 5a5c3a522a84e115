package postgres

import (
	"context"
	"time"

	"chatsystem/domain"
)

// qLease goes by the clock of the database alone: the clocks of those who lease may differ. What somebody else is working on
// this moment is passed over.
const qLease = `WITH free AS (
		SELECT conversation_id, seq FROM allocations
		WHERE state IN ('PENDING', 'STORED') AND allocated_at < now() - $1::interval AND (leased_until IS NULL OR leased_until <= now())
		ORDER BY allocated_at, conversation_id, seq LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
	), leased AS (
		UPDATE allocations a SET leased_until = now() + $2::interval FROM free
		WHERE a.conversation_id = free.conversation_id AND a.seq = free.seq RETURNING a.*
	)
	SELECT ` + allocationColumns + ` FROM leased ORDER BY allocated_at, conversation_id, seq`

// LeaseUnfinished implements ports.UnfinishedLeases; it goes by the clock of the database.
func (d *DB) LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error) {
	var rows []allocationRow
	err := d.change(ctx, func(ctx context.Context, q queries) error {
		rows = nil
		return q.list(ctx, &rows, qLease, interval(age), interval(lease), limit)
	})
	if err != nil {
		return nil, err
	}
	leased := make([]domain.Allocation, len(rows))
	for i, r := range rows {
		leased[i] = r.allocation()
	}
	return leased, nil
}

// qPurgeAllocations finds the rows again by where they are: whatever the limit, no plan goes through the table for them.
const qPurgeAllocations = `DELETE FROM allocations WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM allocations WHERE state IN ('PUBLISHED', 'VOID') AND allocated_at < $1
		ORDER BY allocated_at LIMIT $2 FOR UPDATE SKIP LOCKED))`

// PurgeAllocations implements ports.Allocations.
func (d *DB) PurgeAllocations(ctx context.Context, before time.Time, limit int) (purged int, err error) {
	err = d.change(ctx, func(ctx context.Context, q queries) error {
		n, err := q.exec(ctx, qPurgeAllocations, before.UTC(), limit)
		purged = int(n)
		return err
	})
	return purged, err
}
