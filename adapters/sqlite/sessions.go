package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.SessionStore     = (*DB)(nil)
	_ ports.RevocationReader = (*DB)(nil)
)

type sessionRow struct {
	ID           domain.SessionID `db:"session_id"`
	UserID       domain.UserID    `db:"user_id"`
	UserAgent    string           `db:"user_agent"`
	CreatedAt    moment           `db:"created_at"`
	LastActiveAt moment           `db:"last_active_at"`
	ExpiresAt    moment           `db:"expires_at"`
	Revoked      bool             `db:"revoked"`
}

func (r sessionRow) session() domain.Session {
	return domain.Session{
		ID: r.ID, UserID: r.UserID, UserAgent: r.UserAgent, CreatedAt: r.CreatedAt.Time,
		LastActiveAt: r.LastActiveAt.Time, ExpiresAt: r.ExpiresAt.Time, Revoked: r.Revoked,
	}
}

const (
	sessionColumns = `session_id, user_id, user_agent, created_at, last_active_at, expires_at, revoked`

	qInsertSession  = `INSERT INTO sessions (` + sessionColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?)`
	qSessionByID    = `SELECT ` + sessionColumns + ` FROM sessions WHERE session_id = ?`
	qSessionByToken = `SELECT ` + sessionColumns + ` FROM sessions
		WHERE session_id = (SELECT session_id FROM refresh_tokens WHERE token_hash = ?)`
	qLiveSessions = `SELECT ` + sessionColumns + ` FROM sessions
		WHERE user_id = ? AND NOT revoked AND expires_at > ? ORDER BY last_active_at DESC, session_id DESC`

	// One that is gone counts as revoked.
	qRevoked = `SELECT json_each.value FROM json_each(?)
		LEFT JOIN sessions s ON s.session_id = json_each.value WHERE s.revoked IS NOT FALSE`
	qIsRevoked = `SELECT revoked FROM sessions WHERE session_id = ?`

	// What each of these revokes is what was not revoked before.
	qRevokeNamed = `UPDATE sessions SET revoked = TRUE
		WHERE user_id = ? AND NOT revoked AND session_id IN (SELECT value FROM json_each(?)) RETURNING session_id, expires_at`
	qRevokeOthers = `UPDATE sessions SET revoked = TRUE
		WHERE user_id = ? AND NOT revoked AND session_id <> ? RETURNING session_id, expires_at`
	qRevokeAll = `UPDATE sessions SET revoked = TRUE
		WHERE user_id = ? AND NOT revoked RETURNING session_id, expires_at`
)

const (
	qPurgeTokens = `DELETE FROM refresh_tokens WHERE token_hash IN
			(SELECT token_hash FROM refresh_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT ?)
		RETURNING session_id`
	qPurgeSessions = `DELETE FROM sessions WHERE session_id IN (SELECT value FROM json_each(?))
		AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.session_id = sessions.session_id)`
)

// PurgeSessions implements ports.SessionStore.
func (d *DB) PurgeSessions(ctx context.Context, expiredBefore time.Time, limit int) (purged int, err error) {
	err = d.endSessions(ctx, func(ctx context.Context, q *queries) error {
		var sessions []domain.SessionID
		if err := q.list(ctx, &sessions, qPurgeTokens, moment{expiredBefore}, limit); err != nil {
			return err
		}
		purged = len(sessions)
		_, err := q.exec(ctx, qPurgeSessions, jsonList(sessions))
		return err
	})
	return purged, err
}

// CreateSession implements ports.SessionStore.
func (d *DB) CreateSession(ctx context.Context, checked string, s domain.Session, first domain.RefreshToken) error {
	return d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		if err := checkHash(ctx, q, s.UserID, checked); err != nil {
			return err
		}
		return insertSession(ctx, q, s, first)
	})
}

func insertSession(ctx context.Context, q *queries, s domain.Session, first domain.RefreshToken) error {
	_, err := q.exec(ctx, qInsertSession, s.ID, s.UserID, s.UserAgent, moment{s.CreatedAt}, moment{s.LastActiveAt},
		moment{s.ExpiresAt}, s.Revoked)
	if err != nil {
		return err
	}
	return insertToken(ctx, q, first)
}

// SessionByToken implements ports.SessionStore.
func (d *DB) SessionByToken(ctx context.Context, presented domain.TokenHash) (domain.Session, error) {
	return findSession(ctx, d.reads, domain.ErrRefreshInvalid, qSessionByToken, presented[:])
}

// SessionByID implements ports.SessionStore.
func (d *DB) SessionByID(ctx context.Context, id domain.SessionID) (domain.Session, error) {
	return findSession(ctx, d.reads, domain.ErrSessionNotFound, qSessionByID, id)
}

// Revoked implements ports.RevocationReader.
func (d *DB) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	if len(ids) == 1 { // what a client that connects waits for
		return d.revokedAlone(ctx, ids)
	}
	var revoked []domain.SessionID
	err := d.reads.list(ctx, &revoked, qRevoked, jsonList(ids))
	return revoked, err
}

func (d *DB) revokedAlone(ctx context.Context, id []domain.SessionID) ([]domain.SessionID, error) {
	lives, epoch := d.live.has(id[0])
	if lives {
		return nil, ctx.Err()
	}
	revoked := true
	err := d.reads.get(ctx, &revoked, qIsRevoked, id[0])
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return nil, err
	case revoked:
		return slices.Clone(id), nil
	default:
		d.live.add(id[0], epoch)
		return nil, nil
	}
}

// endSessions makes a change that may end sessions. Whatever became of it, none is known to live when it returns.
func (d *DB) endSessions(ctx context.Context, fn changeFunc) error {
	defer d.live.forget()
	return d.writer.do(ctx, fn)
}

// LiveSessions implements ports.SessionStore.
func (d *DB) LiveSessions(ctx context.Context, user domain.UserID, now time.Time) ([]domain.Session, error) {
	var rows []sessionRow
	if err := d.reads.list(ctx, &rows, qLiveSessions, user, moment{now}); err != nil {
		return nil, err
	}
	sessions := make([]domain.Session, len(rows))
	for i, r := range rows {
		sessions[i] = r.session()
	}
	return sessions, nil
}

// Revoke implements ports.SessionStore.
func (d *DB) Revoke(ctx context.Context, user domain.UserID, ids []domain.SessionID) (revoked []domain.SessionID, err error) {
	err = d.endSessions(ctx, func(ctx context.Context, q *queries) error {
		revoked, err = d.revoke(ctx, q, qRevokeNamed, user, jsonList(ids))
		return err
	})
	return revoked, err
}

// RevokeAll implements ports.SessionStore.
func (d *DB) RevokeAll(ctx context.Context, user domain.UserID) (revoked []domain.SessionID, err error) {
	err = d.endSessions(ctx, func(ctx context.Context, q *queries) error {
		revoked, err = d.revoke(ctx, q, qRevokeAll, user)
		return err
	})
	return revoked, err
}

// revoke runs one of the revoking updates and returns the sessions that were live until then.
func (d *DB) revoke(ctx context.Context, q *queries, query string, args ...any) ([]domain.SessionID, error) {
	var rows []sessionRow
	if err := q.list(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	now := d.clock()
	var live []domain.SessionID
	for _, r := range rows {
		if r.session().Live(now) {
			live = append(live, r.ID)
		}
	}
	return live, nil
}

// findSession returns the one session that a query gives, or absent.
func findSession(ctx context.Context, q *queries, absent error, query string, args ...any) (domain.Session, error) {
	var row sessionRow
	err := q.get(ctx, &row, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Session{}, absent
	}
	return row.session(), err
}
