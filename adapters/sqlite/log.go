package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.MessageLog = (*DB)(nil)

type tailRow struct {
	LastSeq        domain.Seq `db:"last_seq"`
	MembersVersion int64      `db:"members_version"`
	LastMessageAt  moment     `db:"last_message_at"`
}

type postedRow struct {
	pointerRow
	BodyHash []byte `db:"body_hash"`
}

// strandedRow is the last message of a conversation that is stored, whether or not its counter knows.
type strandedRow struct {
	Seq       domain.Seq `db:"seq"`
	CreatedAt moment     `db:"created_at"`
}

const (
	qTail = `SELECT c.last_seq, c.members_version, c.last_message_at
		FROM memberships m JOIN conversations c ON c.conversation_id = m.conversation_id
		WHERE m.conversation_id = ? AND m.user_id = ? AND m.left_at IS NULL`
	qPosted = `SELECT ` + pointerColumns + `, body_hash FROM messages
		WHERE conversation_id = ? AND sender_id = ? AND client_msg_id = ?`

	// Of a message that was sent before nothing is inserted.
	qInsertMessage = `INSERT INTO messages (` + pointerColumns + `, body_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (conversation_id, sender_id, client_msg_id) DO NOTHING`
	qRemoveBodiless = `DELETE FROM messages WHERE conversation_id = ? AND seq > ? AND has_more
		AND NOT EXISTS (SELECT 1 FROM bodies b WHERE b.conversation_id = messages.conversation_id AND b.seq = messages.seq)`
	qLastStored = `SELECT seq, created_at FROM messages WHERE conversation_id = ? ORDER BY seq DESC LIMIT 1`
	qInsertBody = `INSERT INTO bodies (conversation_id, seq, body) VALUES (?, ?, ?)`
	qMoveTail   = `UPDATE conversations SET last_seq = ?, last_message_id = ?, last_sender_id = ?, last_message_at = ?,
			last_preview = ?, last_has_more = ?
		WHERE conversation_id = ?`
)

// Append implements ports.MessageLog. The first answer to a client_msg_id holds for ever.
func (d *DB) Append(ctx context.Context, draft domain.Draft) (m domain.Message, created bool, err error) {
	if d.unannounced.full() {
		return domain.Message{}, false, unavailable(errors.New("sqlite: too many messages wait to be announced"))
	}
	hash := draft.BodyHash()
	var a domain.Allocation
	err = d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		var tail tailRow
		err := q.get(ctx, &tail, qTail, draft.Conversation, draft.Sender)
		if errors.Is(err, sql.ErrNoRows) {
			return domain.ErrConversationNotFound
		}
		if err != nil {
			return err
		}
		insert := func() error {
			a = domain.NewAllocation(domain.AllocationRequest{
				Conversation: draft.Conversation, Sender: draft.Sender, ClientMsgID: draft.ClientMsgID, BodyHash: hash, Entropy: d.entropy(),
			}, tail.LastSeq, tail.MembersVersion, d.clock(), tail.LastMessageAt.Time)
			m = domain.PostMessage(draft, a)
			created, err = insertMessage(ctx, q, m, hash)
			return err
		}
		if err = insert(); isPrimaryKey(err) {
			if err = passStranded(ctx, q, draft.Conversation, &tail); err == nil {
				err = insert()
			}
		}
		if err != nil {
			return err
		}
		if !created {
			m, err = findPosted(ctx, q, draft, hash)
			return err
		}
		return d.follow(ctx, q, m)
	})
	if err != nil {
		return domain.Message{}, false, err
	}
	if created {
		a.State = domain.Stored
		d.unannounced.add(a, d.clock())
	}
	return m, created, nil
}

// passStranded moves a tail over messages that stand above it. Releases before the one that ends a group with the first
// statement that fails could leave one there, when the disk was full: never acknowledged, never seen, and in the way of
// every later one. If it lacks its body it is removed, else it counts.
func passStranded(ctx context.Context, q *queries, c domain.ConversationID, tail *tailRow) error {
	if _, err := q.exec(ctx, qRemoveBodiless, c, tail.LastSeq); err != nil {
		return err
	}
	var last strandedRow
	if err := q.get(ctx, &last, qLastStored, c); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if last.Seq > tail.LastSeq {
		tail.LastSeq, tail.LastMessageAt = last.Seq, last.CreatedAt
	}
	return nil
}

// findPosted returns the message that a draft became when it was first sent; sql.ErrNoRows.
func findPosted(ctx context.Context, q *queries, draft domain.Draft, hash domain.BodyHash) (domain.Message, error) {
	var row postedRow
	if err := q.get(ctx, &row, qPosted, draft.Conversation, draft.Sender, draft.ClientMsgID); err != nil {
		return domain.Message{}, err
	}
	if string(row.BodyHash) != string(hash[:]) {
		return domain.Message{}, domain.ErrClientMsgIDReused
	}
	return domain.Message{Pointer: row.pointer(), Body: draft.Body}, nil
}

// insertMessage writes a message, unless its sender's client_msg_id is taken in its conversation.
func insertMessage(ctx context.Context, q *queries, m domain.Message, hash domain.BodyHash) (bool, error) {
	n, err := q.exec(ctx, qInsertMessage, m.Conversation, m.Seq, m.ID, m.Sender, m.ClientMsgID, moment{m.CreatedAt}, m.Preview,
		m.HasMore, m.MembersVersion, hash[:])
	return n == 1, err
}

// follow writes all that moves along with a new message.
func (d *DB) follow(ctx context.Context, q *queries, m domain.Message) error {
	if m.HasMore {
		if _, err := q.exec(ctx, qInsertBody, m.Conversation, m.Seq, m.Body); err != nil {
			return err
		}
	}
	d.moves.moved(m.Conversation)
	_, err := q.exec(ctx, qMoveTail, m.Seq, m.ID, m.Sender, moment{m.CreatedAt}, m.Preview, m.HasMore, m.Conversation)
	if err != nil {
		return err
	}
	return d.moveReadMark(ctx, q, m.Sender, m.Conversation, m.Seq)
}
