package postgres

import (
	"context"

	"chatsystem/domain"
)

type recordRow struct {
	ID          domain.ConversationID   `db:"conversation_id"`
	Type        domain.ConversationType `db:"type"`
	DMKey       string                  `db:"dm_key"`
	Floor       domain.Seq              `db:"floor"`
	LastSeq     domain.Seq              `db:"last_seq"`
	LastID      *domain.MessageID       `db:"last_message_id"` // NULL before the first message, as is the rest of it
	LastMessage domain.Seq              `db:"last_message_seq"`
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

type voidRow struct {
	Conversation domain.ConversationID `db:"conversation_id"`
	Seq          domain.Seq            `db:"seq"`
}

const (
	qRecords = `SELECT v.conversation_id, v.type, coalesce(v.dm_key, '') AS dm_key, coalesce(` + lowestPending + `, v.last_seq + 1) AS floor,
			v.last_seq, v.last_message_id, v.last_message_seq, v.last_sender_id, v.last_message_at, v.last_preview, v.last_has_more
		FROM conversations v WHERE v.conversation_id > $1 ORDER BY v.conversation_id LIMIT $2`
	qMemberRecords = `SELECT m.conversation_id, m.user_id, m.role, m.joined_at, coalesce(r.last_read_seq, 0) AS last_read_seq
		FROM memberships m LEFT JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
		WHERE m.left_at IS NULL AND m.conversation_id = ANY($1::uuid[]) ORDER BY m.conversation_id, m.user_id`
	qVoidRecords       = `SELECT conversation_id, seq FROM voids WHERE conversation_id = ANY($1::uuid[]) ORDER BY conversation_id, seq`
	qAllocationRecords = `SELECT ` + allocationColumns + ` FROM allocations WHERE conversation_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq`

	qRepairVoids = `WITH closed AS (
			UPDATE allocations SET state = 'VOID' WHERE conversation_id = $1 AND seq = ANY($2::bigint[]) AND state <> 'VOID'
		)
		INSERT INTO voids (conversation_id, seq) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING`
	qLift     = `UPDATE conversations SET last_seq = $2 WHERE conversation_id = $1 AND last_seq < $2`
	qRemember = `INSERT INTO allocations (` + allocationColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
	qShow     = `UPDATE conversations SET last_message_seq = $2, last_message_id = $3, last_sender_id = $4, last_message_at = $5,
			last_preview = $6, last_has_more = $7, last_allocated_at = greatest(last_allocated_at, $5)
		WHERE conversation_id = $1 AND last_message_seq < $2`
)

// noConversation is below every id.
const noConversation = "00000000-0000-0000-0000-000000000000"

// Records returns at most limit conversations with ids above after, ascending. What is kept beside a conversation is read
// after it: it is at least as new.
func (d *DB) Records(ctx context.Context, after domain.ConversationID, limit int) ([]domain.ConversationRecord, error) {
	if after == "" {
		after = noConversation
	}
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
	if err := d.reads.list(ctx, &members, qMemberRecords, texts(ids)); err != nil {
		return nil, err
	}
	for _, m := range members {
		r := &records[place[m.Conversation]]
		r.Members = append(r.Members, domain.MemberRecord{
			UserID: m.UserID, Role: m.Role, JoinedAt: m.JoinedAt.Time, LastRead: m.LastRead,
		})
	}
	var voids []voidRow
	if err := d.reads.list(ctx, &voids, qVoidRecords, texts(ids)); err != nil {
		return nil, err
	}
	for _, v := range voids {
		r := &records[place[v.Conversation]]
		r.Voids = append(r.Voids, v.Seq)
	}
	return records, nil
}

func (r recordRow) record() domain.ConversationRecord {
	record := domain.ConversationRecord{ID: r.ID, Type: r.Type, DMKey: r.DMKey, Head: domain.Head{Floor: r.Floor, LastSeq: r.LastSeq}}
	if r.LastID != nil {
		record.Last = &domain.LastMessage{
			ID: *r.LastID, Seq: r.LastMessage, Sender: *r.LastSender, At: r.LastAt.Time, Preview: *r.LastPreview, HasMore: *r.LastHasMore,
		}
	}
	return record
}

// Allocations returns those of a range of seqs that are still remembered, ascending.
func (d *DB) Allocations(ctx context.Context, c domain.ConversationID, from, to domain.Seq) ([]domain.Allocation, error) {
	var rows []allocationRow
	if err := d.reads.list(ctx, &rows, qAllocationRecords, c, from, to); err != nil {
		return nil, err
	}
	all := make([]domain.Allocation, len(rows))
	for i, r := range rows {
		all[i] = r.allocation()
	}
	return all, nil
}

// repairAdmin gives a group an admin if the repair asks for it and the group still has none.
func (d *DB) repairAdmin(ctx context.Context, q queries, r domain.LogRepair) error {
	if !r.Admin {
		return nil
	}
	c, err := lockConversation(ctx, q, r.Conversation)
	if err != nil {
		return err
	}
	before := c.Snapshot()
	c.RepairAdmin()
	return d.saveConversation(ctx, q, before, c.Snapshot())
}

// Repair applies a repair in one transaction, after the tombstones of its voids have been put. Applying it again changes
// nothing.
func (d *DB) Repair(ctx context.Context, r domain.LogRepair) error {
	return d.change(ctx, func(ctx context.Context, q queries) error {
		if err := d.repairAdmin(ctx, q, r); err != nil {
			return err
		}
		var counter counterRow
		if err := q.get(ctx, &counter, qLockCounter, r.Conversation); err != nil {
			return err
		}
		voids := make([]int64, len(r.Voids))
		for i, v := range r.Voids {
			voids[i] = int64(v)
		}
		if _, err := q.exec(ctx, qRepairVoids, r.Conversation, voids); err != nil {
			return err
		}
		for _, a := range r.Posted {
			_, err := q.exec(ctx, qRemember, a.Conversation, a.Seq, a.MessageID, a.Sender, a.ClientMsgID, a.BodyHash[:],
				moment{a.CreatedAt}, a.MembersVersion, a.State)
			if err != nil {
				return err
			}
		}
		if _, err := q.exec(ctx, qLift, r.Conversation, r.LastSeq); err != nil || r.Last == nil {
			return err
		}
		_, err := q.exec(ctx, qShow, r.Conversation, r.Last.Seq, r.Last.ID, r.Last.Sender, moment{r.Last.At}, r.Last.Preview, r.Last.HasMore)
		return err
	})
}
