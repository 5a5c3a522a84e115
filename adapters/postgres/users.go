package postgres

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
	emailTaken    = "users_email_taken" // the names of the constraints
	usernameTaken = "users_username_taken"

	userColumns = `user_id, email, username, password_hash, created_at`

	qInsertUser = `INSERT INTO users (user_id, email, email_key, username, username_key, password_hash, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`
	qUserByID       = `SELECT ` + userColumns + ` FROM users WHERE user_id = $1`
	qUserByEmailKey = `SELECT ` + userColumns + ` FROM users WHERE email_key = $1`
	qSetUsername    = `UPDATE users SET username = $2, username_key = $3, updated_at = $4 WHERE user_id = $1 RETURNING ` + userColumns
	// Who checks a hash to begin a session, and who replaces it, wait for each other: the second sees what the first did.
	qHashToBeginWith = `SELECT password_hash FROM users WHERE user_id = $1 FOR SHARE`
	qHashToReplace   = `SELECT password_hash FROM users WHERE user_id = $1 FOR NO KEY UPDATE`
	qSetPassword     = `UPDATE users SET password_hash = $2, updated_at = $3 WHERE user_id = $1`
)

// CreateUser implements ports.UserStore.
func (d *DB) CreateUser(ctx context.Context, u domain.User, s domain.Session, first domain.RefreshToken) error {
	return d.change(ctx, func(ctx context.Context, q queries) error {
		_, err := q.exec(ctx, qInsertUser, u.ID, u.Email, domain.EmailKey(u.Email), u.Username, domain.UsernameKey(u.Username),
			u.PasswordHash, moment{u.CreatedAt})
		switch {
		case isUnique(err, emailTaken): // checked first, as it was made first
			return domain.ErrEmailTaken
		case isUnique(err, usernameTaken):
			return domain.ErrUsernameTaken
		case err != nil:
			return err
		}
		return insertSession(ctx, q, s, first)
	})
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
	err = d.change(ctx, func(ctx context.Context, q queries) error {
		u, err = findUser(ctx, q, qSetUsername, id, username, domain.UsernameKey(username), d.now())
		if isUnique(err, usernameTaken) {
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
	err = d.change(ctx, func(ctx context.Context, q queries) error {
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
	return d.change(ctx, func(ctx context.Context, q queries) error { return d.replaceHash(ctx, q, id, checked, hash) })
}

func (d *DB) replaceHash(ctx context.Context, q queries, id domain.UserID, checked, hash string) error {
	if err := checkHash(ctx, q, qHashToReplace, id, checked); err != nil {
		return err
	}
	_, err := q.exec(ctx, qSetPassword, id, hash, d.now())
	return err
}

// checkHash reports whether an account still has the password hash that was checked; query locks it until the change is
// made.
func checkHash(ctx context.Context, q queries, query string, id domain.UserID, checked string) error {
	var stored string
	err := q.get(ctx, &stored, query, id)
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
func findUser(ctx context.Context, q queries, query string, args ...any) (domain.User, error) {
	var row userRow
	err := q.get(ctx, &row, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.User{}, domain.ErrUserNotFound
	}
	return row.user(), err
}
