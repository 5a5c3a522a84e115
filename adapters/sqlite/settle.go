package sqlite

import (
	"context"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.Settler = (*DB)(nil)

const qPublished = `UPDATE messages SET unpublished_since = NULL WHERE conversation_id = ? AND seq = ? AND unpublished_since IS NOT NULL`

// Settle implements ports.Settler. A message is stored, shown in lists and read by its sender from the moment it is
// posted, so PUBLISHED is the only step left to record. A machine that fails may forget it: then the message is announced again,
// as it is when the process ends before it could be recorded.
func (d *DB) Settle(ctx context.Context, settlements []domain.Settlement) error {
	var published []logKey
	for _, s := range settlements {
		if s.State == domain.Published {
			published = append(published, logKey{s.Conversation, s.Seq})
		}
	}
	if published == nil {
		return ctx.Err()
	}
	return d.writer.doUnsynced(ctx, func(ctx context.Context, q *queries) error {
		for _, m := range published {
			if _, err := q.exec(ctx, qPublished, m.conversation, m.seq); err != nil {
				return err
			}
		}
		return nil
	})
}
