package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.ConversationReader = (*DB)(nil)

type viewRow struct {
	conversationRow
	Role      domain.Role `db:"role"`
	JoinedSeq domain.Seq  `db:"joined_seq"`
	LastRead  domain.Seq  `db:"last_read_seq"`

	PeerID   *domain.UserID `db:"peer_id"` // NULL in groups, as is its name
	PeerName *string        `db:"peer_name"`

	LastID      *domain.MessageID `db:"last_message_id"` // NULL before the first message, as is the rest of it
	LastSender  *domain.UserID    `db:"last_sender_id"`
	LastAt      moment            `db:"last_message_at"`
	LastPreview *string           `db:"last_preview"`
	LastHasMore *bool             `db:"last_has_more"`
}

func (r viewRow) view() domain.ConversationView {
	v := domain.ConversationView{
		ID: r.ID, Type: r.Type, Title: r.Title, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.Time, LastSeq: r.LastSeq,
		MembersVersion: r.MembersVersion, Role: r.Role, JoinedSeq: r.JoinedSeq, Read: readMark(r.LastSeq, r.LastRead),
	}
	if r.PeerID != nil {
		v.Peer = &domain.UserName{ID: *r.PeerID, Username: *r.PeerName}
	}
	if r.LastID != nil {
		v.Last = &domain.LastMessage{
			ID: *r.LastID, Seq: r.LastSeq, Sender: *r.LastSender, At: r.LastAt.Time, Preview: *r.LastPreview, HasMore: *r.LastHasMore,
		}
	}
	return v
}

type memberViewRow struct {
	memberRow
	Username string     `db:"username"`
	LastRead domain.Seq `db:"last_read_seq"`
}

const (
	viewSelect = `SELECT c.conversation_id, c.type, c.title, c.created_by, c.created_at, c.last_seq, c.members_version,
			c.last_message_id, c.last_sender_id, c.last_message_at, c.last_preview, c.last_has_more,
			m.role, m.joined_seq, r.last_read_seq, u.user_id AS peer_id, u.username AS peer_name
		FROM memberships m
		JOIN conversations c ON c.conversation_id = m.conversation_id
		JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
		LEFT JOIN memberships peer ON c.type = 'DM' AND peer.conversation_id = m.conversation_id AND peer.user_id <> m.user_id
		LEFT JOIN users u ON u.user_id = peer.user_id
		WHERE m.user_id = ?1 AND m.left_at IS NULL`

	qView  = viewSelect + ` AND m.conversation_id = ?2`
	qViews = viewSelect + ` AND (coalesce(c.last_message_at, c.created_at), c.conversation_id) < (?2, ?3)
		ORDER BY coalesce(c.last_message_at, c.created_at) DESC, c.conversation_id DESC LIMIT ?4`
	qMovedViews = viewSelect + ` AND c.conversation_id > ?2 AND (?3 OR c.conversation_id IN (SELECT value FROM json_each(?4)))
		ORDER BY c.conversation_id LIMIT ?5`

	qViewMembers = `SELECT m.user_id, m.role, m.joined_at, m.joined_seq, u.username, r.last_read_seq
		FROM memberships m
		JOIN users u ON u.user_id = m.user_id
		JOIN reads r ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id
		WHERE m.conversation_id = ? AND m.left_at IS NULL
		ORDER BY m.joined_at, m.user_id`
)

// ListConversations implements ports.ConversationReader. Its cost grows with the number of the viewer's conversations:
// an order kept in an index would have to be rewritten for every member with every message.
func (d *DB) ListConversations(
	ctx context.Context, viewer domain.UserID, after domain.ListCursor, limit int,
) (domain.ConversationList, error) {
	list := domain.ConversationList{Mark: d.moves.mark()}
	var rows []viewRow
	var err error
	if after.Moved {
		moved, all := d.moves.since(after.Since)
		err = d.reads.list(ctx, &rows, qMovedViews, viewer, after.ID, all, jsonList(moved), limit)
	} else {
		below := int64(math.MaxInt64)
		if after != (domain.ListCursor{}) {
			below = after.At.UnixMilli()
		}
		err = d.reads.list(ctx, &rows, qViews, viewer, below, after.ID, limit)
	}
	if err != nil {
		return domain.ConversationList{}, err
	}
	list.Views = make([]domain.ConversationView, len(rows))
	for i, r := range rows {
		list.Views[i] = r.view()
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
