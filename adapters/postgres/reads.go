package postgres

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

// markRow is how far somebody has read and what lies above, of one snapshot.
type markRow struct {
	LastRead domain.Seq `db:"last_read_seq"`
	Floor    domain.Seq `db:"floor"`
	Voids    int64      `db:"voids"` // above last_read_seq and below the floor
}

func (r markRow) mark() domain.ReadMark {
	settled := r.Floor - 1
	return domain.ReadMark{LastRead: r.LastRead, Unread: domain.UnreadCount(settled, r.LastRead, r.Voids), Settled: settled}
}

type readRow struct {
	markRow
	Peer *domain.UserID `db:"peer"` // NULL in groups
}

const (
	// lowestPending is the floor of the conversation v, NULL if nothing is pending.
	lowestPending = `(SELECT min(a.seq) FROM allocations a WHERE a.conversation_id = v.conversation_id AND a.state = 'PENDING')`
	// floorOf selects what markRow needs of v, which has conversation_id, last_seq and last_read_seq; it goes with joinFloor.
	floorOf = `f.floor, (SELECT count(*) FROM voids
			WHERE voids.conversation_id = v.conversation_id AND voids.seq > v.last_read_seq AND voids.seq < f.floor) AS voids`
	joinFloor = ` CROSS JOIN LATERAL (SELECT coalesce(` + lowestPending + `, v.last_seq + 1) AS floor) AS f`

	qMoveReadMark = `UPDATE reads r SET last_read_seq = least($3, c.last_seq), updated_at = $4
		FROM memberships m JOIN conversations c ON c.conversation_id = m.conversation_id
		WHERE m.user_id = $1 AND m.conversation_id = $2 AND m.left_at IS NULL
			AND r.user_id = $1 AND r.conversation_id = $2 AND r.last_read_seq < least($3, c.last_seq)`
	qRead = `SELECT v.last_read_seq, v.peer, ` + floorOf + ` FROM (
			SELECT c.conversation_id, c.last_seq, r.last_read_seq, peer.user_id AS peer
			FROM memberships m
			JOIN conversations c ON c.conversation_id = m.conversation_id
			JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
			LEFT JOIN memberships peer ON c.type = 'DM' AND peer.conversation_id = m.conversation_id AND peer.user_id <> m.user_id
			WHERE m.user_id = $1 AND m.conversation_id = $2 AND m.left_at IS NULL) AS v` + joinFloor
	qHead = `SELECT coalesce(` + lowestPending + `, v.last_seq + 1) AS floor, v.last_seq
		FROM memberships m JOIN conversations v ON v.conversation_id = m.conversation_id
		WHERE m.user_id = $1 AND m.conversation_id = $2 AND m.left_at IS NULL`
)

// MarkRead implements ports.ReadMarks. It does not lock the conversation: a mark moves forward by itself.
func (d *DB) MarkRead(
	ctx context.Context, user domain.UserID, id domain.ConversationID, seq domain.Seq,
) (mark domain.ReadMark, moved bool, peer domain.UserID, err error) {
	var row readRow
	err = d.change(ctx, func(ctx context.Context, q queries) error {
		n, err := q.exec(ctx, qMoveReadMark, user, id, seq, d.now())
		if err != nil {
			return err
		}
		moved = n > 0
		return q.get(ctx, &row, qRead, user, id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = domain.ErrConversationNotFound
	}
	if err != nil {
		return domain.ReadMark{}, false, "", err
	}
	if row.Peer != nil {
		peer = *row.Peer
	}
	return row.mark(), moved, peer, nil
}

// Head implements ports.HeadReader.
func (d *DB) Head(ctx context.Context, viewer domain.UserID, c domain.ConversationID) (domain.Head, error) {
	var row struct {
		Floor   domain.Seq `db:"floor"`
		LastSeq domain.Seq `db:"last_seq"`
	}
	err := d.reads.get(ctx, &row, qHead, viewer, c)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Head{}, domain.ErrConversationNotFound
	}
	return domain.Head(row), err
}
