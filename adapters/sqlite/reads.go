package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.ReadMarks  = (*DB)(nil)
	_ ports.HeadReader = (*DB)(nil)
)

type readRow struct {
	LastSeq  domain.Seq     `db:"last_seq"`
	LastRead domain.Seq     `db:"last_read_seq"`
	Peer     *domain.UserID `db:"peer"` // NULL in groups
}

const (
	qRead = `SELECT c.last_seq, r.last_read_seq, peer.user_id AS peer
		FROM memberships m
		JOIN conversations c ON c.conversation_id = m.conversation_id
		JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
		LEFT JOIN memberships peer ON c.type = 'DM' AND peer.conversation_id = m.conversation_id AND peer.user_id <> m.user_id
		WHERE m.user_id = ? AND m.conversation_id = ? AND m.left_at IS NULL`
	qMoveReadMark = `UPDATE reads SET last_read_seq = ?, updated_at = ? WHERE user_id = ? AND conversation_id = ?`
	qHead         = `SELECT c.last_seq FROM memberships m JOIN conversations c ON c.conversation_id = m.conversation_id
		WHERE m.user_id = ? AND m.conversation_id = ? AND m.left_at IS NULL`
)

// MarkRead implements ports.ReadMarks.
func (d *DB) MarkRead(
	ctx context.Context, user domain.UserID, id domain.ConversationID, seq domain.Seq,
) (mark domain.ReadMark, moved bool, peer domain.UserID, err error) {
	err = d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		var row readRow
		err := q.get(ctx, &row, qRead, user, id)
		if errors.Is(err, sql.ErrNoRows) {
			return domain.ErrConversationNotFound
		}
		if err != nil {
			return err
		}
		if row.Peer != nil {
			peer = *row.Peer
		}
		to := max(row.LastRead, min(seq, row.LastSeq))
		mark, moved = readMark(row.LastSeq, to), to > row.LastRead
		if !moved {
			return nil
		}
		return d.moveReadMark(ctx, q, user, id, to)
	})
	return mark, moved && err == nil, peer, err
}

func (d *DB) moveReadMark(ctx context.Context, q *queries, user domain.UserID, id domain.ConversationID, to domain.Seq) error {
	_, err := q.exec(ctx, qMoveReadMark, to, moment{d.clock()}, user, id)
	return err
}

// readMark is how far somebody has read in a log without voids, where all that is given out is settled.
func readMark(last, read domain.Seq) domain.ReadMark {
	return domain.ReadMark{LastRead: read, Unread: domain.UnreadCount(last, read, 0), Settled: last}
}

// Head implements ports.HeadReader. The floor is always last_seq + 1: nothing is ever pending here.
func (d *DB) Head(ctx context.Context, viewer domain.UserID, c domain.ConversationID) (domain.Head, error) {
	var last domain.Seq
	err := d.reads.get(ctx, &last, qHead, viewer, c)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Head{}, domain.ErrConversationNotFound
	}
	if err != nil {
		return domain.Head{}, err
	}
	return domain.Head{Floor: last + 1, LastSeq: last}, nil
}
