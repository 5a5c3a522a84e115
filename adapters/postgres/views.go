package postgres

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.ConversationReader = (*DB)(nil)

type viewRow struct {
	conversationRow
	markRow
	Role      domain.Role `db:"role"`
	JoinedSeq domain.Seq  `db:"joined_seq"`

	PeerID   *domain.UserID `db:"peer_id"` // NULL in groups, as is its name
	PeerName *string        `db:"peer_name"`

	LastID      *domain.MessageID `db:"last_message_id"` // NULL before the first message, as is the rest of it
	LastMessage domain.Seq        `db:"last_message_seq"`
	LastSender  *domain.UserID    `db:"last_sender_id"`
	LastAt      moment            `db:"last_message_at"`
	LastPreview *string           `db:"last_preview"`
	LastHasMore *bool             `db:"last_has_more"`
}

func (r viewRow) view() domain.ConversationView {
	v := domain.ConversationView{
		ID: r.ID, Type: r.Type, Title: r.Title, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.Time, LastSeq: r.LastSeq,
		MembersVersion: r.MembersVersion, Role: r.Role, JoinedSeq: r.JoinedSeq, Read: r.mark(),
	}
	if r.PeerID != nil {
		v.Peer = &domain.UserName{ID: *r.PeerID, Username: *r.PeerName}
	}
	if r.LastID != nil {
		v.Last = &domain.LastMessage{
			ID: *r.LastID, Seq: r.LastMessage, Sender: *r.LastSender, At: r.LastAt.Time, Preview: *r.LastPreview, HasMore: *r.LastHasMore,
		}
	}
	return v
}

type listRow struct {
	viewRow
	Mark domain.ListMark `db:"mark"`
}

type memberViewRow struct {
	memberRow
	Username string     `db:"username"`
	LastRead domain.Seq `db:"last_read_seq"`
}

const (
	viewColumns = `v.conversation_id, v.type, v.title, v.created_by, v.created_at, v.last_seq, v.members_version,
		v.last_message_seq, v.last_message_id, v.last_sender_id, v.last_message_at, v.last_preview, v.last_has_more,
		v.role, v.joined_seq, v.last_read_seq, v.peer_id, v.peer_name`
	// The floor and the voids are looked up for the conversations of the page alone.
	viewSelect = `SELECT ` + viewColumns + `, ` + floorOf + viewsOf
	viewsOf    = ` FROM (
		SELECT c.conversation_id, c.type, c.title, c.created_by, c.created_at, c.last_seq, c.members_version,
			c.last_message_seq, c.last_message_id, c.last_sender_id, c.last_message_at, c.last_preview, c.last_has_more,
			m.role, m.joined_seq, r.last_read_seq, u.user_id AS peer_id, u.username AS peer_name
		FROM memberships m
		JOIN conversations c ON c.conversation_id = m.conversation_id
		JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
		LEFT JOIN memberships peer ON c.type = 'DM' AND peer.conversation_id = m.conversation_id AND peer.user_id <> m.user_id
		LEFT JOIN users u ON u.user_id = peer.user_id
		WHERE m.user_id = $1 AND m.left_at IS NULL`

	qView = viewSelect + ` AND m.conversation_id = $2) AS v` + joinFloor
	// Every transaction below the mark had ended when the page was read, and the page shows what it did.
	listSelect = `SELECT ` + viewColumns + `, ` + floorOf + `,
			(SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint) AS mark` + viewsOf
	qViews = listSelect + `
			AND ($2::timestamptz IS NULL OR (coalesce(c.last_message_at, c.created_at), c.conversation_id) < ($2, $3::uuid))
		ORDER BY coalesce(c.last_message_at, c.created_at) DESC, c.conversation_id DESC LIMIT $4) AS v` + joinFloor + `
		ORDER BY coalesce(v.last_message_at, v.created_at) DESC, v.conversation_id DESC`
	// A row's xmin is the transaction that wrote it last, 32 bits of its number, which wrap.
	qMovedViews = listSelect + `
			AND ((c.xmin::text::bigint - $2::bigint) & 4294967295) < 2147483648 AND c.conversation_id > $3::uuid
		ORDER BY c.conversation_id LIMIT $4) AS v` + joinFloor + `
		ORDER BY v.conversation_id`

	qViewMembers = `SELECT m.user_id, m.role, m.joined_at, m.joined_seq, u.username, r.last_read_seq
		FROM memberships m
		JOIN users u ON u.user_id = m.user_id
		JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
		WHERE m.conversation_id = $1 AND m.left_at IS NULL
		ORDER BY m.joined_at, m.user_id`
)

// ListConversations implements ports.ConversationReader. Its cost grows with the number of the viewer's conversations:
// an order kept in an index would have to be rewritten for every member with every message.
func (d *DB) ListConversations(
	ctx context.Context, viewer domain.UserID, after domain.ListCursor, limit int,
) (domain.ConversationList, error) {
	var id *domain.ConversationID // the zero cursor is NULL as a whole
	if after.ID != "" {
		id = &after.ID
	}
	query, from := qViews, any(moment{after.At})
	if after.Moved {
		query, from = qMovedViews, after.Since
	}
	var rows []listRow
	if err := d.reads.list(ctx, &rows, query, viewer, from, id, limit); err != nil {
		return domain.ConversationList{}, err
	}
	list := domain.ConversationList{Views: make([]domain.ConversationView, len(rows))}
	for i, r := range rows {
		list.Views[i], list.Mark = r.view(), r.Mark
	}
	return list, nil
}

// ViewConversation implements ports.ConversationReader.
func (d *DB) ViewConversation(ctx context.Context, viewer domain.UserID, id domain.ConversationID) (domain.ConversationView, error) {
	var row viewRow
	err := d.reads.get(ctx, &row, qView, viewer, id)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.ConversationView{}, domain.ErrConversationNotFound
	}
	if err != nil {
		return domain.ConversationView{}, err
	}
	return row.view(), nil
}

// ViewMembers implements ports.ConversationReader.
func (d *DB) ViewMembers(ctx context.Context, viewer domain.UserID, id domain.ConversationID) ([]domain.MemberView, error) {
	var rows []memberViewRow
	if err := d.reads.list(ctx, &rows, qViewMembers, id); err != nil {
		return nil, err
	}
	views := make([]domain.MemberView, len(rows))
	isMember := false
	for i, r := range rows {
		isMember = isMember || r.UserID == viewer
		views[i] = domain.MemberView{
			UserID: r.UserID, Username: r.Username, Role: r.Role, JoinedAt: r.JoinedAt.Time, LastRead: r.LastRead,
		}
	}
	if !isMember {
		return nil, domain.ErrConversationNotFound
	}
	return views, nil
}
