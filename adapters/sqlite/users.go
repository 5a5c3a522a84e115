package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.UserStore = (*DB)(nil)

type userRow struct {
	ID           domain.UserID `db:"user_id"`
	Email        string        `db:"email"`
	Username     string        `db:"username"`
	PasswordHash string        `db:"password_hash"`
	CreatedAt    moment        `db:"created_at"`
}

func (r userRow) user() domain.User {
	return domain.User{ID: r.ID, Email: r.Email, Username: r.Username, PasswordHash: r.PasswordHash, CreatedAt: r.CreatedAt.Time}
}

const (
	userColumns = `user_id, email, username, password_hash, created_at`

	qInsertUser = `INSERT INTO users (user_id, email, email_key, username, username_key, password_hash, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)`
	qUserByID       = `SELECT ` + userColumns + ` FROM users WHERE user_id = ?`
	qUserByEmailKey = `SELECT ` + userColumns + ` FROM users WHERE email_key = ?`
	qSetUsername    = `UPDATE users SET username = ?, username_key = ?, updated_at = ? WHERE user_id = ? RETURNING ` + userColumns
	qPasswordHash   = `SELECT password_hash FROM users WHERE user_id = ?`
	qSetPassword    = `UPDATE users SET password_hash = ?, updated_at = ? WHERE user_id = ?`
)

// CreateUser implements ports.UserStore.
func (d *DB) CreateUser(ctx context.Context, u domain.User, s domain.Session, first domain.RefreshToken) error {
	return d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		_, err := q.exec(ctx, qInsertUser, u.ID, u.Email, domain.EmailKey(u.Email), u.Username, domain.UsernameKey(u.Username),
			u.PasswordHash, moment{u.CreatedAt})
		if isUnique(err) {
			return whatIsTaken(ctx, q, u)
		}
		if err != nil {
			return err
		}
		return insertSession(ctx, q, s, first)
	})
}

// whatIsTaken tells which of an account's unique names another one has.
func whatIsTaken(ctx context.Context, q *queries, u domain.User) error {
	_, err := findUser(ctx, q, qUserByEmailKey, domain.EmailKey(u.Email))
	switch {
	case errors.Is(err, domain.ErrUserNotFound):
		return domain.ErrUsernameTaken
	case err != nil:
		return err
	}
	return domain.ErrEmailTaken
}

// UserByID implements ports.UserStore.
func (d *DB) UserByID(ctx context.Context, id domain.UserID) (domain.User, error) {
	return findUser(ctx, d.reads, qUserByID, id)
}

// UserByEmail implements ports.UserStore.
func (d *DB) UserByEmail(ctx context.Context, email string) (domain.User, error) {
	return findUser(ctx, d.reads, qUserByEmailKey, domain.EmailKey(email))
}

// SetUsername implements ports.UserStore.
func (d *DB) SetUsername(ctx context.Context, id domain.UserID, username string) (u domain.User, err error) {
	err = d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		u, err = findUser(ctx, q, qSetUsername, username, domain.UsernameKey(username), moment{d.clock()}, id)
		if isUnique(err) {
			return domain.ErrUsernameTaken
		}
		return err
	})
	return u, err
}

// SetPassword implements ports.UserStore.
func (d *DB) SetPassword(
	ctx context.Context, id domain.UserID, checked, hash string, keep domain.SessionID,
) (revoked []domain.SessionID, err error) {
	err = d.endSessions(ctx, func(ctx context.Context, q *queries) error {
		if err := d.replaceHash(ctx, q, id, checked, hash); err != nil {
			return err
		}
		revoked, err = d.revoke(ctx, q, qRevokeOthers, id, keep)
		return err
	})
	return revoked, err
}

// RehashPassword implements ports.UserStore.
func (d *DB) RehashPassword(ctx context.Context, id domain.UserID, checked, hash string) error {
	return d.writer.do(ctx, func(ctx context.Context, q *queries) error { return d.replaceHash(ctx, q, id, checked, hash) })
}

func (d *DB) replaceHash(ctx context.Context, q *queries, id domain.UserID, checked, hash string) error {
	if err := checkHash(ctx, q, id, checked); err != nil {
		return err
	}
	_, err := q.exec(ctx, qSetPassword, hash, moment{d.clock()}, id)
	return err
}

// checkHash reports whether an account still has the password hash that was checked.
func checkHash(ctx context.Context, q *queries, id domain.UserID, checked string) error {
	var stored string
	err := q.get(ctx, &stored, qPasswordHash, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return domain.ErrUserNotFound
	case err != nil:
		return err
	case stored != checked:
		return domain.ErrPasswordChanged
	}
	return nil
}

// findUser returns the one account that a query gives, or ErrUserNotFound.
func findUser(ctx context.Context, q *queries, query string, args ...any) (domain.User, error) {
	var row userRow
	err := q.get(ctx, &row, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.User{}, domain.ErrUserNotFound
	}
	return row.user(), err
}
