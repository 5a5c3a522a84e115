package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"chatsystem/domain"
)

// OpenReadOnly opens a file that nothing may be written to: a copy, or one that a process works with. Only reads work on
// what it returns.
func OpenReadOnly(ctx context.Context, cfg Config) (*DB, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if fresh, err := checkHeader(cfg.Path); err != nil || fresh {
		return nil, cmp.Or(err, fmt.Errorf("sqlite: %s is absent or empty", cfg.Path))
	}
	d := &DB{live: newLiveSessions(), moves: newMoves(&atomic.Int64{})}
	var err error
	if d.pool, err = connect(cfg, cfg.readers(), "query_only(1)", cacheOf(readerCacheKiB), readOnly); err != nil {
		return nil, err
	}
	d.reads = newReads(d.pool)
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

type recordRow struct {
	ID          domain.ConversationID   `db:"conversation_id"`
	Type        domain.ConversationType `db:"type"`
	DMKey       string                  `db:"dm_key"`
	LastSeq     domain.Seq              `db:"last_seq"`
	LastID      *domain.MessageID       `db:"last_message_id"` // NULL before the first message, as is the rest of it
	LastSender  *domain.UserID          `db:"last_sender_id"`
	LastAt      moment                  `db:"last_message_at"`
	LastPreview *string                 `db:"last_preview"`
	LastHasMore *bool                   `db:"last_has_more"`
}

type memberRecordRow struct {
	Conversation domain.ConversationID `db:"conversation_id"`
	UserID       domain.UserID         `db:"user_id"`
	Role         domain.Role           `db:"role"`
	JoinedAt     moment                `db:"joined_at"`
	LastRead     domain.Seq            `db:"last_read_seq"`
}

const (
	qRecords = `SELECT conversation_id, type, coalesce(dm_key, '') AS dm_key, last_seq,
			last_message_id, last_sender_id, last_message_at, last_preview, last_has_more
		FROM conversations WHERE conversation_id > ? ORDER BY conversation_id LIMIT ?`
	qMemberRecords = `SELECT m.conversation_id, m.user_id, m.role, m.joined_at, coalesce(r.last_read_seq, 0) AS last_read_seq
		FROM memberships m LEFT JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
		WHERE m.left_at IS NULL AND m.conversation_id IN (SELECT value FROM json_each(?)) ORDER BY m.conversation_id, m.user_id`
	qLift = `UPDATE conversations SET last_seq = ?2 WHERE conversation_id = ?1 AND last_seq < ?2`
	qShow = `UPDATE conversations SET last_message_id = ?2, last_sender_id = ?3, last_message_at = ?4, last_preview = ?5, last_has_more = ?6
		WHERE conversation_id = ?1`
)

// Records returns at most limit conversations with ids above after, ascending. What is kept beside a conversation is read
// after it.
func (d *DB) Records(ctx context.Context, after domain.ConversationID, limit int) ([]domain.ConversationRecord, error) {
	var rows []recordRow
	if err := d.reads.list(ctx, &rows, qRecords, after, limit); err != nil {
		return nil, err
	}
	records := make([]domain.ConversationRecord, len(rows))
	place := make(map[domain.ConversationID]int, len(rows))
	ids := make([]domain.ConversationID, len(rows))
	for i, r := range rows {
		records[i], ids[i], place[r.ID] = r.record(), r.ID, i
	}
	var members []memberRecordRow
	if err := d.reads.list(ctx, &members, qMemberRecords, jsonList(ids)); err != nil {
		return nil, err
	}
	for _, m := range members {
		r := &records[place[m.Conversation]]
		r.Members = append(r.Members, domain.MemberRecord{
			UserID: m.UserID, Role: m.Role, JoinedAt: m.JoinedAt.Time, LastRead: m.LastRead,
		})
	}
	return records, nil
}

func (r recordRow) record() domain.ConversationRecord {
	record := domain.ConversationRecord{
		ID: r.ID, Type: r.Type, DMKey: r.DMKey, Head: domain.Head{Floor: r.LastSeq + 1, LastSeq: r.LastSeq},
	}
	if r.LastID != nil {
		record.Last = &domain.LastMessage{
			ID: *r.LastID, Seq: r.LastSeq, Sender: *r.LastSender, At: r.LastAt.Time, Preview: *r.LastPreview, HasMore: *r.LastHasMore,
		}
	}
	return record
}

// Allocations returns none: in this log a seq is given out with its message.
func (d *DB) Allocations(context.Context, domain.ConversationID, domain.Seq, domain.Seq) ([]domain.Allocation, error) {
	return nil, nil
}

// repairAdmin gives a group an admin if the repair asks for it and the group still has none.
func (d *DB) repairAdmin(ctx context.Context, q *queries, r domain.LogRepair) error {
	if !r.Admin {
		return nil
	}
	c, err := findConversation(ctx, q, r.Conversation)
	if err != nil {
		return err
	}
	before := c.Snapshot()
	c.RepairAdmin()
	return d.saveConversation(ctx, q, before, c.Snapshot())
}

// Repair lifts the counter to the messages there are, and gives the group an admin. This log has no voids, so it
// refuses a repair that needs some.
func (d *DB) Repair(ctx context.Context, r domain.LogRepair) error {
	if len(r.Voids) > 0 {
		return errors.New("sqlite: this store keeps no voids: take the missing messages from a backup")
	}
	return d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		if err := d.repairAdmin(ctx, q, r); err != nil {
			return err
		}
		lifted, err := q.exec(ctx, qLift, r.Conversation, r.LastSeq)
		if err != nil || lifted == 0 || r.Last == nil {
			return err
		}
		_, err = q.exec(ctx, qShow, r.Conversation, r.Last.ID, r.Last.Sender, moment{r.Last.At}, r.Last.Preview, r.Last.HasMore)
		return err
	})
}
