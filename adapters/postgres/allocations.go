package postgres

import (
	"context"
	"database/sql"
	"errors"

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
	LastSeq         domain.Seq `db:"last_seq"`
	LastAllocatedAt moment     `db:"last_allocated_at"`
	MembersVersion  int64      `db:"members_version"`
}

const (
	allocationColumns = `conversation_id, seq, message_id, sender_id, client_msg_id, body_hash, created_at, members_version, state`

	qLockCounter = `SELECT last_seq, last_allocated_at, members_version FROM conversations WHERE conversation_id = $1 FOR NO KEY UPDATE`
	// Each of the next two finds nothing for who is not an active member.
	qLive = `SELECT ` + allocationColumns + ` FROM allocations
		WHERE conversation_id = $1 AND sender_id = $2 AND client_msg_id = $3 AND state <> 'VOID' AND EXISTS (
			SELECT 1 FROM memberships WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL)`
	qAllocate = `WITH sender AS (
			SELECT conversation_id FROM memberships WHERE conversation_id = $1 AND user_id = $4 AND left_at IS NULL
		), counted AS (
			UPDATE conversations c SET last_seq = $2, last_allocated_at = $7 FROM sender WHERE c.conversation_id = sender.conversation_id
		)
		INSERT INTO allocations (` + allocationColumns + `)
		SELECT conversation_id, $2::bigint, $3, $4, $5, $6::bytea, $7::timestamptz, $8::bigint, $9 FROM sender`
	// A seq that is not pending is left alone, and so are the voids.
	qVoid = `WITH closed AS (UPDATE allocations SET state = 'VOID' WHERE conversation_id = $1 AND seq = $2 AND state = 'PENDING'
			RETURNING conversation_id, seq)
		INSERT INTO voids (conversation_id, seq) SELECT conversation_id, seq FROM closed WHERE $3`
)

// Allocate implements ports.SequenceAllocator.
func (d *DB) Allocate(ctx context.Context, r domain.AllocationRequest) (a domain.Allocation, created bool, err error) {
	err = d.change(ctx, func(ctx context.Context, q queries) error {
		var counter counterRow // locked first of all: what is read below was committed before
		err := q.get(ctx, &counter, qLockCounter, r.Conversation)
		if errors.Is(err, sql.ErrNoRows) {
			return domain.ErrConversationNotFound
		}
		if err != nil {
			return err
		}
		a, err = liveAllocation(ctx, q, r)
		if err == nil && a.Seq == r.Refused.Seq {
			if err := void(ctx, q, a.Conversation, a.Seq, !r.Refused.Foreign); err != nil {
				return err
			}
			a, err = liveAllocation(ctx, q, r) // still there if it was settled meanwhile
		}
		if created = errors.Is(err, sql.ErrNoRows); !created {
			return err
		}
		a = domain.NewAllocation(r, counter.LastSeq, counter.MembersVersion, d.clock(), counter.LastAllocatedAt.Time)
		n, err := q.exec(ctx, qAllocate, a.Conversation, a.Seq, a.MessageID, a.Sender, a.ClientMsgID, a.BodyHash[:],
			moment{a.CreatedAt}, a.MembersVersion, a.State)
		if err == nil && n == 0 {
			return domain.ErrConversationNotFound
		}
		return err
	})
	if err != nil {
		return domain.Allocation{}, false, err
	}
	return a, created, nil
}

// liveAllocation returns what the draft of an active member was given before; sql.ErrNoRows, or ErrClientMsgIDReused if it
// had another text.
func liveAllocation(ctx context.Context, q queries, r domain.AllocationRequest) (domain.Allocation, error) {
	var row allocationRow
	if err := q.get(ctx, &row, qLive, r.Conversation, r.Sender, r.ClientMsgID); err != nil {
		return domain.Allocation{}, err
	}
	a := row.allocation()
	if a.BodyHash != r.BodyHash {
		return domain.Allocation{}, domain.ErrClientMsgIDReused
	}
	return a, nil
}

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
