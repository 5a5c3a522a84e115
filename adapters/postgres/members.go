package postgres

import (
	"context"
	"time"

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
	qActiveMembers = `SELECT user_id, role, joined_at, joined_seq FROM memberships WHERE conversation_id = $1 AND left_at IS NULL`
	qReceivers     = `SELECT c.conversation_id, c.members_version, m.user_id FROM conversations c
		LEFT JOIN memberships m ON m.conversation_id = c.conversation_id AND m.left_at IS NULL WHERE c.conversation_id = ANY($1::uuid[])`

	qJoin = `INSERT INTO memberships (conversation_id, user_id, role, joined_at, joined_seq)
		SELECT $1, u.user_id, u.role, u.joined_at, u.joined_seq
		FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::bigint[]) AS u (user_id, role, joined_at, joined_seq)
		ON CONFLICT (conversation_id, user_id) DO UPDATE
		SET role = excluded.role, joined_at = excluded.joined_at, joined_seq = excluded.joined_seq, left_at = NULL`
	qStartReading = `INSERT INTO reads (conversation_id, user_id, last_read_seq, updated_at)
		SELECT $1, u.user_id, $3, $4 FROM unnest($2::uuid[]) AS u (user_id)
		ON CONFLICT (conversation_id, user_id) DO UPDATE
		SET last_read_seq = excluded.last_read_seq, updated_at = excluded.updated_at`
	qLeave = `UPDATE memberships SET left_at = $3 WHERE conversation_id = $1 AND user_id = ANY($2::uuid[])`
	// Whoever adds members locks them first, always in the same order, so that the count of a user's conversations stays
	// until the end.
	qLockUsers          = `SELECT user_id FROM users WHERE user_id = ANY($1::uuid[]) ORDER BY user_id FOR NO KEY UPDATE`
	qCountConversations = `SELECT user_id, count(*) AS conversations FROM memberships
		WHERE user_id = ANY($1::uuid[]) AND left_at IS NULL GROUP BY user_id`
	qSetRole = `UPDATE memberships SET role = $3 WHERE conversation_id = $1 AND user_id = $2`
)

// Members implements ports.MembershipReader.
func (d *DB) Members(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	var rows []receiverRow
	if err := d.reads.list(ctx, &rows, qReceivers, texts(ids)); err != nil {
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

func activeMembers(ctx context.Context, q queries, id domain.ConversationID) ([]domain.Membership, error) {
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
func (d *DB) saveMembers(ctx context.Context, q queries, after domain.ConversationSnapshot, before []domain.Membership) error {
	diff := domain.DiffMembers(before, after.Members)
	if diff.Joined != nil {
		if err := checkRoom(ctx, q, after, diff.Joined); err != nil {
			return err
		}
		if err := d.join(ctx, q, after, diff.Joined); err != nil {
			return err
		}
	}
	if diff.Left != nil {
		if _, err := q.exec(ctx, qLeave, after.ID, texts(diff.Left), d.now()); err != nil {
			return err
		}
	}
	for _, m := range diff.Changed {
		if _, err := q.exec(ctx, qSetRole, after.ID, m.UserID, m.Role); err != nil {
			return err
		}
	}
	return nil
}

type countRow struct {
	UserID        domain.UserID `db:"user_id"`
	Conversations int           `db:"conversations"`
}

// checkRoom checks that those who join are not in too many conversations, and keeps others from adding them to more
// until the transaction ends.
func checkRoom(ctx context.Context, q queries, after domain.ConversationSnapshot, joined []domain.Membership) error {
	users := make([]domain.UserID, len(joined))
	for i, m := range joined {
		users[i] = m.UserID
	}
	if err := lockUsers(ctx, q, users); err != nil {
		return err
	}
	var rows []countRow
	if err := q.list(ctx, &rows, qCountConversations, texts(users)); err != nil {
		return err
	}
	counts := make(map[domain.UserID]int, len(rows))
	for _, r := range rows {
		counts[r.UserID] = r.Conversations
	}
	return after.CheckRoom(joined, counts)
}

// lockUsers keeps other transactions that lock the same users waiting until this one ends.
func lockUsers(ctx context.Context, q queries, users []domain.UserID) error {
	var locked []domain.UserID
	return q.list(ctx, &locked, qLockUsers, texts(users))
}

// join makes members active, also those who have left before; ErrUserNotFound if one is no account.
func (d *DB) join(ctx context.Context, q queries, c domain.ConversationSnapshot, members []domain.Membership) error {
	users, roles := make([]string, len(members)), make([]string, len(members))
	times, seqs := make([]time.Time, len(members)), make([]int64, len(members))
	for i, m := range members {
		users[i], roles[i], times[i], seqs[i] = string(m.UserID), string(m.Role), domain.StoredTime(m.JoinedAt), int64(m.JoinedSeq)
	}
	_, err := q.exec(ctx, qJoin, c.ID, users, roles, times, seqs)
	if isForeignKey(err) {
		return domain.ErrUserNotFound
	}
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, qStartReading, c.ID, users, c.LastSeq, d.now())
	return err
}
