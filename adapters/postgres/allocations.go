package postgres

import (
	"context"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.Allocations = (*DB)(nil)

type allocationRow struct {
	Conversation   domain.ConversationID  `db:"conversation_id"`
	Seq            domain.Seq             `db:"seq"`
	MessageID      domain.MessageID       `db:"message_id"`
	Sender         domain.UserID          `db:"sender_id"`
	ClientMsgID    string                 `db:"client_msg_id"`
	BodyHash       []byte                 `db:"body_hash"`
	CreatedAt      moment                 `db:"created_at"`
	MembersVersion int64                  `db:"members_version"`
	State          domain.AllocationState `db:"state"`
}

func (r allocationRow) allocation() domain.Allocation {
	a := domain.Allocation{
		Conversation: r.Conversation, Seq: r.Seq, MessageID: r.MessageID, Sender: r.Sender, ClientMsgID: r.ClientMsgID,
		CreatedAt: r.CreatedAt.Time, MembersVersion: r.MembersVersion, State: r.State,
	}
	copy(a.BodyHash[:], r.BodyHash)
	return a
}

// counterRow is where the log of a conversation ends.
type counterRow struct {
	Conversation    domain.ConversationID `db:"conversation_id"`
	LastSeq         domain.Seq            `db:"last_seq"`
	LastAllocatedAt moment                `db:"last_allocated_at"`
	MembersVersion  int64                 `db:"members_version"`
}

const (
	allocationColumns = `conversation_id, seq, message_id, sender_id, client_msg_id, body_hash, created_at, members_version, state`

	qLockCounter = `SELECT conversation_id, last_seq, last_allocated_at, members_version FROM conversations
		WHERE conversation_id = $1 FOR NO KEY UPDATE`
	qLockFreeCounters = `SELECT conversation_id, last_seq, last_allocated_at, members_version FROM conversations
		WHERE conversation_id = ANY($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED`
	// qDrafts returns a row for each draft whose sender is an active member, with seq 0 if it has no live allocation.
	qDrafts = `SELECT draft.n, COALESCE(a.seq, 0) AS seq, COALESCE(a.message_id, '') AS message_id, COALESCE(a.body_hash, '') AS body_hash,
			a.created_at, COALESCE(a.members_version, 0) AS members_version, COALESCE(a.state, '') AS state
		FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS draft (conversation_id, sender_id, client_msg_id, n)
		JOIN memberships m ON m.conversation_id = draft.conversation_id AND m.user_id = draft.sender_id AND m.left_at IS NULL
		LEFT JOIN allocations a ON a.conversation_id = draft.conversation_id AND a.sender_id = draft.sender_id
			AND a.client_msg_id = draft.client_msg_id AND a.state <> 'VOID'`
	qAllocate = `WITH given AS (
			SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::bytea[], $7::timestamptz[], $8::bigint[])
				AS a (conversation_id, seq, message_id, sender_id, client_msg_id, body_hash, created_at, members_version)
		), counted AS (
			UPDATE conversations c SET last_seq = tail.seq, last_allocated_at = tail.created_at
			FROM (SELECT conversation_id, max(seq) AS seq, max(created_at) AS created_at FROM given GROUP BY conversation_id) AS tail
			WHERE c.conversation_id = tail.conversation_id
		)
		INSERT INTO allocations (` + allocationColumns + `) SELECT given.*, 'PENDING' FROM given`
	// A seq that is not pending is left alone, and so are the voids.
	qVoid = `WITH closed AS (UPDATE allocations SET state = 'VOID' WHERE conversation_id = $1 AND seq = $2 AND state = 'PENDING'
			RETURNING conversation_id, seq)
		INSERT INTO voids (conversation_id, seq) SELECT conversation_id, seq FROM closed WHERE $3`
)

// Void implements ports.SequenceAllocator.
func (d *DB) Void(ctx context.Context, c domain.ConversationID, seq domain.Seq, why domain.VoidReason) error {
	return d.change(ctx, func(ctx context.Context, q queries) error {
		return void(ctx, q, c, seq, why == domain.VoidTombstone)
	})
}

// void closes a seq if it is pending; listed ones do not count as messages.
func void(ctx context.Context, q queries, c domain.ConversationID, seq domain.Seq, listed bool) error {
	_, err := q.exec(ctx, qVoid, c, seq, listed)
	return err
}
