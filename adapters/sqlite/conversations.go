package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.ConversationStore = (*DB)(nil)

type conversationRow struct {
	ID             domain.ConversationID   `db:"conversation_id"`
	Type           domain.ConversationType `db:"type"`
	Title          string                  `db:"title"`
	CreatedBy      domain.UserID           `db:"created_by"`
	CreatedAt      moment                  `db:"created_at"`
	LastSeq        domain.Seq              `db:"last_seq"`
	MembersVersion int64                   `db:"members_version"`
}

const (
	conversationColumns = `conversation_id, type, title, created_by, created_at, last_seq, members_version`

	qInsertConversation = `INSERT INTO conversations (` + conversationColumns + `, dm_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	qConversation       = `SELECT ` + conversationColumns + ` FROM conversations WHERE conversation_id = ?`
	qConversationByDM   = `SELECT conversation_id FROM conversations WHERE dm_key = ?`
	qUpdateConversation = `UPDATE conversations SET title = ?, members_version = ? WHERE conversation_id = ?`
)

// CreateDM implements ports.ConversationStore; ErrUserNotFound if one of the two is no account.
func (d *DB) CreateDM(ctx context.Context, c *domain.Conversation) (id domain.ConversationID, created bool, err error) {
	s := c.Snapshot()
	key := domain.DMKey(s.Members[0].UserID, s.Members[1].UserID)
	err = d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		id, created = "", false
		err := q.get(ctx, &id, qConversationByDM, key)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id, created = s.ID, true
		return d.insertConversation(ctx, q, s, &key)
	})
	return id, created && err == nil, err
}

// CreateGroup implements ports.ConversationStore.
func (d *DB) CreateGroup(ctx context.Context, c *domain.Conversation) error {
	return d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		return d.insertConversation(ctx, q, c.Snapshot(), nil)
	})
}

// ChangeConversation implements ports.ConversationStore.
func (d *DB) ChangeConversation(
	ctx context.Context, id domain.ConversationID, change func(*domain.Conversation) error,
) (after domain.ConversationSnapshot, err error) {
	err = d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		c, err := findConversation(ctx, q, id)
		if err != nil {
			return err
		}
		before := c.Snapshot()
		if err := change(c); err != nil {
			return err
		}
		after = c.Snapshot()
		return d.saveConversation(ctx, q, before, after)
	})
	return after, err
}

// findConversation returns a conversation with its active members. Within a change nobody else touches it: there is one
// writer.
func findConversation(ctx context.Context, q *queries, id domain.ConversationID) (*domain.Conversation, error) {
	var row conversationRow
	err := q.get(ctx, &row, qConversation, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, domain.ErrConversationNotFound
	}
	if err != nil {
		return nil, err
	}
	members, err := activeMembers(ctx, q, id)
	if err != nil {
		return nil, err
	}
	return domain.RestoreConversation(domain.ConversationSnapshot{
		ID: row.ID, Type: row.Type, Title: row.Title, CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt.Time,
		LastSeq: row.LastSeq, MembersVersion: row.MembersVersion, Members: members,
	}), nil
}

// insertConversation adds a conversation with its members; dmKey is nil for a group.
func (d *DB) insertConversation(ctx context.Context, q *queries, s domain.ConversationSnapshot, dmKey *string) error {
	if err := checkRoom(ctx, q, s, nil); err != nil {
		return err
	}
	_, err := q.exec(ctx, qInsertConversation, s.ID, s.Type, s.Title, s.CreatedBy, moment{s.CreatedAt}, s.LastSeq,
		s.MembersVersion, dmKey)
	if isForeignKey(err) {
		return domain.ErrUserNotFound
	}
	if err != nil {
		return err
	}
	return d.saveMembers(ctx, q, s, nil)
}

// saveConversation writes what turns before into after. It refuses before it writes.
func (d *DB) saveConversation(ctx context.Context, q *queries, before, after domain.ConversationSnapshot) error {
	if err := checkRoom(ctx, q, after, before.Members); err != nil {
		return err
	}
	if before.Title != after.Title || before.MembersVersion != after.MembersVersion {
		if _, err := q.exec(ctx, qUpdateConversation, after.Title, after.MembersVersion, after.ID); err != nil {
			return err
		}
	}
	return d.saveMembers(ctx, q, after, before.Members)
}
