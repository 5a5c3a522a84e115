package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.InviteStore = (*DB)(nil)

type inviteRow struct {
	ID           domain.InviteID       `db:"invite_id"`
	Conversation domain.ConversationID `db:"conversation_id"`
	Invited      domain.UserID         `db:"invited_user_id"`
	InvitedBy    domain.UserID         `db:"invited_by"`
	Status       domain.InviteStatus   `db:"status"`
	CreatedAt    moment                `db:"created_at"`
	ExpiresAt    moment                `db:"expires_at"`
}

func (r inviteRow) invite() domain.Invite {
	return domain.Invite{
		ID: r.ID, Conversation: r.Conversation, Invited: r.Invited, InvitedBy: r.InvitedBy, Status: r.Status,
		CreatedAt: r.CreatedAt.Time, ExpiresAt: r.ExpiresAt.Time,
	}
}

type inviteViewRow struct {
	inviteRow
	Title         string `db:"title"`
	MemberCount   int    `db:"member_count"`
	InvitedByName string `db:"invited_by_name"`
}

const (
	inviteColumns = `invite_id, conversation_id, invited_user_id, invited_by, status, created_at, expires_at`

	qInsertInvite    = `INSERT INTO invites (` + inviteColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?)`
	qInvite          = `SELECT ` + inviteColumns + ` FROM invites WHERE invite_id = ?`
	qPendingInvite   = `SELECT ` + inviteColumns + ` FROM invites WHERE invited_user_id = ? AND conversation_id = ? AND status = 'PENDING'`
	qCountInvites    = `SELECT count(*) FROM invites WHERE invited_user_id = ? AND status = 'PENDING' AND expires_at > ?`
	qSetInviteStatus = `UPDATE invites SET status = ? WHERE invite_id = ?`
	qPendingInvites  = `SELECT i.invite_id, i.conversation_id, i.invited_user_id, i.invited_by, i.status, i.created_at, i.expires_at,
			c.title, u.username AS invited_by_name,
			(SELECT count(*) FROM memberships m WHERE m.conversation_id = i.conversation_id AND m.left_at IS NULL) AS member_count
		FROM invites i
		JOIN conversations c ON c.conversation_id = i.conversation_id
		JOIN users u ON u.user_id = i.invited_by
		WHERE i.invited_user_id = ? AND i.status = 'PENDING' AND i.expires_at > ?
		ORDER BY i.created_at DESC, i.invite_id DESC`
)

// OpenInvite implements ports.InviteStore.
func (d *DB) OpenInvite(
	ctx context.Context, i domain.Invite, check func(*domain.Conversation) error,
) (invite domain.Invite, created bool, err error) {
	err = d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		invite, created = domain.Invite{}, false
		c, err := findConversation(ctx, q, i.Conversation)
		if err != nil {
			return err
		}
		if err := check(c); err != nil {
			return err
		}
		pending, err := findInvite(ctx, q, qPendingInvite, i.Invited, i.Conversation)
		switch {
		case errors.Is(err, domain.ErrInviteNotFound):
		case err != nil:
			return err
		case pending.Open(i.CreatedAt):
			invite = pending
			return nil
		default: // it makes room for the new one
			if _, err := q.exec(ctx, qSetInviteStatus, domain.InviteExpired, pending.ID); err != nil {
				return err
			}
		}
		if err := checkInvites(ctx, q, i); err != nil {
			return err
		}
		invite, created = i, true
		return insertInvite(ctx, q, i)
	})
	return invite, created && err == nil, err
}

// ChangeInvite implements ports.InviteStore.
func (d *DB) ChangeInvite(
	ctx context.Context, id domain.InviteID, change func(*domain.Conversation, *domain.Invite) error,
) (after domain.ConversationSnapshot, err error) {
	err = d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		invite, err := findInvite(ctx, q, qInvite, id)
		if err != nil {
			return err
		}
		c, err := findConversation(ctx, q, invite.Conversation)
		if err != nil {
			return err
		}
		before, was := c.Snapshot(), invite.Status
		if err := change(c, &invite); err != nil {
			return err
		}
		after = c.Snapshot()
		if err := d.saveConversation(ctx, q, before, after); err != nil || invite.Status == was {
			return err
		}
		_, err = q.exec(ctx, qSetInviteStatus, invite.Status, id)
		return err
	})
	return after, err
}

// PendingInvites implements ports.InviteStore.
func (d *DB) PendingInvites(ctx context.Context, user domain.UserID) ([]domain.InviteView, error) {
	var rows []inviteViewRow
	if err := d.reads.list(ctx, &rows, qPendingInvites, user, moment{d.clock()}); err != nil {
		return nil, err
	}
	views := make([]domain.InviteView, len(rows))
	for i, r := range rows {
		views[i] = domain.InviteView{
			Invite: r.invite(), Title: r.Title, MemberCount: r.MemberCount,
			InvitedByName: domain.UserName{ID: r.InvitedBy, Username: r.InvitedByName},
		}
	}
	return views, nil
}

// checkInvites checks that the invited user has room for one more.
func checkInvites(ctx context.Context, q *queries, i domain.Invite) error {
	var open int
	if err := q.get(ctx, &open, qCountInvites, i.Invited, moment{i.CreatedAt}); err != nil {
		return err
	}
	if open >= domain.MaxOpenInvites {
		return domain.ErrTooManyInvites
	}
	return nil
}

func insertInvite(ctx context.Context, q *queries, i domain.Invite) error {
	_, err := q.exec(ctx, qInsertInvite, i.ID, i.Conversation, i.Invited, i.InvitedBy, i.Status, moment{i.CreatedAt}, moment{i.ExpiresAt})
	if isForeignKey(err) {
		return domain.ErrUserNotFound
	}
	return err
}

// findInvite returns the one invite that a query gives, or ErrInviteNotFound.
func findInvite(ctx context.Context, q *queries, query string, args ...any) (domain.Invite, error) {
	var row inviteRow
	err := q.get(ctx, &row, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Invite{}, domain.ErrInviteNotFound
	}
	return row.invite(), err
}
