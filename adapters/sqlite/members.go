package sqlite

import (
	"context"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.MembershipReader = (*DB)(nil)

type memberRow struct {
	UserID    domain.UserID `db:"user_id"`
	Role      domain.Role   `db:"role"`
	JoinedAt  moment        `db:"joined_at"`
	JoinedSeq domain.Seq    `db:"joined_seq"`
}

func (r memberRow) membership() domain.Membership {
	return domain.Membership{UserID: r.UserID, Role: r.Role, JoinedAt: r.JoinedAt.Time, JoinedSeq: r.JoinedSeq}
}

type receiverRow struct {
	Conversation domain.ConversationID `db:"conversation_id"`
	Version      int64                 `db:"members_version"`
	UserID       *domain.UserID        `db:"user_id"` // NULL if everybody has left
}

const (
	qActiveMembers = `SELECT user_id, role, joined_at, joined_seq FROM memberships WHERE conversation_id = ? AND left_at IS NULL`
	qReceivers     = `SELECT c.conversation_id, c.members_version, m.user_id FROM conversations c
		LEFT JOIN memberships m ON m.conversation_id = c.conversation_id AND m.left_at IS NULL WHERE c.conversation_id IN (SELECT value FROM json_each(?))`

	qJoin = `INSERT INTO memberships (conversation_id, user_id, role, joined_at, joined_seq) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET role = excluded.role, joined_at = excluded.joined_at, joined_seq = excluded.joined_seq, left_at = NULL`
	qStartReading = `INSERT INTO reads (conversation_id, user_id, last_read_seq, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET last_read_seq = excluded.last_read_seq, updated_at = excluded.updated_at`
	qLeave              = `UPDATE memberships SET left_at = ? WHERE conversation_id = ? AND user_id = ?`
	qCountConversations = `SELECT user_id, count(*) AS conversations FROM memberships
		WHERE user_id IN (SELECT value FROM json_each(?)) AND left_at IS NULL GROUP BY user_id`
	qSetRole = `UPDATE memberships SET role = ? WHERE conversation_id = ? AND user_id = ?`
)

// Members implements ports.MembershipReader.
func (d *DB) Members(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	var rows []receiverRow
	if err := d.reads.list(ctx, &rows, qReceivers, jsonList(ids)); err != nil {
		return nil, err
	}
	sets := make(map[domain.ConversationID]domain.MemberSet, len(ids))
	for _, r := range rows {
		set := sets[r.Conversation]
		set.Version = r.Version
		if r.UserID != nil {
			set.Users = append(set.Users, *r.UserID)
		}
		sets[r.Conversation] = set
	}
	return sets, nil
}

func activeMembers(ctx context.Context, q *queries, id domain.ConversationID) ([]domain.Membership, error) {
	var rows []memberRow
	if err := q.list(ctx, &rows, qActiveMembers, id); err != nil {
		return nil, err
	}
	members := make([]domain.Membership, len(rows))
	for i, r := range rows {
		members[i] = r.membership()
	}
	return members, nil
}

// saveMembers writes what turns the members in before into those of after. Who joins has nothing unread.
func (d *DB) saveMembers(ctx context.Context, q *queries, after domain.ConversationSnapshot, before []domain.Membership) error {
	diff := domain.DiffMembers(before, after.Members)
	for _, m := range diff.Joined {
		if err := d.join(ctx, q, after, m); err != nil {
			return err
		}
	}
	for _, user := range diff.Left {
		if _, err := q.exec(ctx, qLeave, moment{d.clock()}, after.ID, user); err != nil {
			return err
		}
	}
	for _, m := range diff.Changed {
		if _, err := q.exec(ctx, qSetRole, m.Role, after.ID, m.UserID); err != nil {
			return err
		}
	}
	return nil
}

type countRow struct {
	UserID        domain.UserID `db:"user_id"`
	Conversations int           `db:"conversations"`
}

// checkRoom checks that those who join are not in too many conversations.
func checkRoom(ctx context.Context, q *queries, after domain.ConversationSnapshot, before []domain.Membership) error {
	joined := domain.DiffMembers(before, after.Members).Joined
	if joined == nil {
		return nil
	}
	users := make([]domain.UserID, len(joined))
	for i, m := range joined {
		users[i] = m.UserID
	}
	var rows []countRow
	if err := q.list(ctx, &rows, qCountConversations, jsonList(users)); err != nil {
		return err
	}
	counts := make(map[domain.UserID]int, len(rows))
	for _, r := range rows {
		counts[r.UserID] = r.Conversations
	}
	return after.CheckRoom(joined, counts)
}

// join makes m active, also one who has left before; ErrUserNotFound if that is no account.
func (d *DB) join(ctx context.Context, q *queries, c domain.ConversationSnapshot, m domain.Membership) error {
	_, err := q.exec(ctx, qJoin, c.ID, m.UserID, m.Role, moment{m.JoinedAt}, m.JoinedSeq)
	if isForeignKey(err) {
		return domain.ErrUserNotFound
	}
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, qStartReading, c.ID, m.UserID, c.LastSeq, moment{d.clock()})
	return err
}
