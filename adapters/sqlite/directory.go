package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.UserDirectory = (*DB)(nil)

type userNameRow struct {
	ID       domain.UserID `db:"user_id"`
	Username string        `db:"username"`
}

const (
	// The account of the e-mail takes its place first, the names that begin with q get the rest.
	qSearchUsers = `SELECT user_id, username FROM (
			SELECT user_id, username, username_key FROM users WHERE email_key = ?1
			UNION ALL
			SELECT * FROM (SELECT user_id, username, username_key FROM users
				WHERE username_key >= ?2 AND username_key < ?3 AND email_key <> ?1
				ORDER BY username_key LIMIT ?4 - (SELECT count(*) FROM users WHERE email_key = ?1))
		) ORDER BY username_key`
	// People know each other when both are or were in a conversation: its history shows the messages of those who left.
	qKnownUsers = `SELECT user_id, username FROM users
		WHERE user_id IN (SELECT value FROM json_each(?2)) AND (user_id = ?1 OR EXISTS (
			SELECT 1 FROM memberships mine JOIN memberships theirs ON theirs.conversation_id = mine.conversation_id
			WHERE mine.user_id = ?1 AND theirs.user_id = users.user_id))
		ORDER BY user_id`
	qExistingUsers = `SELECT user_id, username FROM users WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY user_id`
)

// SearchUsers implements ports.UserDirectory.
func (d *DB) SearchUsers(ctx context.Context, q string, limit int) ([]domain.UserName, error) {
	prefix := domain.UsernameKey(q)
	return d.userNames(ctx, qSearchUsers, domain.EmailKey(q), prefix, prefix+string(utf8.MaxRune), limit)
}

// KnownUsers implements ports.UserDirectory.
func (d *DB) KnownUsers(ctx context.Context, viewer domain.UserID, ids []domain.UserID) ([]domain.UserName, error) {
	return d.userNames(ctx, qKnownUsers, viewer, jsonList(ids))
}

// ExistingUsers implements ports.UserDirectory.
func (d *DB) ExistingUsers(ctx context.Context, ids []domain.UserID) ([]domain.UserName, error) {
	return d.userNames(ctx, qExistingUsers, jsonList(ids))
}

func (d *DB) userNames(ctx context.Context, query string, args ...any) ([]domain.UserName, error) {
	var rows []userNameRow
	if err := d.reads.list(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	names := make([]domain.UserName, len(rows))
	for i, r := range rows {
		names[i] = domain.UserName(r)
	}
	return names, nil
}

// jsonList passes a list of ids as one argument.
func jsonList[T ~string](ids []T) string {
	if ids == nil {
		return "[]" // null is a list of one, for json_each
	}
	list, err := json.Marshal(ids)
	if err != nil {
		panic(fmt.Sprintf("sqlite: a list of strings has no JSON: %v", err))
	}
	return string(list)
}
