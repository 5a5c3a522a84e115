package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"chatsystem/domain"
)

type tokenRow struct {
	Hash            []byte           `db:"token_hash"`
	SessionID       domain.SessionID `db:"session_id"`
	Parent          []byte           `db:"parent_hash"`
	IssuedAt        moment           `db:"issued_at"`
	ExpiresAt       moment           `db:"expires_at"`
	ExchangedAt     moment           `db:"exchanged_at"`
	SuccessorUsedAt moment           `db:"successor_used_at"`
	Stale           bool             `db:"stale"`
}

func (r tokenRow) token() domain.RefreshToken {
	t := domain.RefreshToken{
		SessionID: r.SessionID, IssuedAt: r.IssuedAt.Time, ExpiresAt: r.ExpiresAt.Time, ExchangedAt: r.ExchangedAt.Time,
		SuccessorUsedAt: r.SuccessorUsedAt.Time, Stale: r.Stale,
	}
	copy(t.Hash[:], r.Hash)
	copy(t.Parent[:], r.Parent)
	return t
}

const (
	tokenColumns = `token_hash, session_id, parent_hash, issued_at, expires_at, exchanged_at, successor_used_at, stale`

	qInsertToken = `INSERT INTO refresh_tokens (` + tokenColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	qToken       = `SELECT ` + tokenColumns + ` FROM refresh_tokens WHERE token_hash = ?`

	qMarkExchanged     = `UPDATE refresh_tokens SET exchanged_at = ? WHERE token_hash = ? AND exchanged_at IS NULL`
	qMarkSuccessorUsed = `UPDATE refresh_tokens SET successor_used_at = ? WHERE token_hash = ? AND successor_used_at IS NULL`
	qMakeSiblingsStale = `UPDATE refresh_tokens SET stale = TRUE WHERE parent_hash = ? AND token_hash <> ? AND exchanged_at IS NULL`
	qRenewSession      = `UPDATE sessions SET last_active_at = ?, expires_at = ? WHERE session_id = ?`
	qRevokeSession     = `UPDATE sessions SET revoked = TRUE WHERE session_id = ?`
)

// Exchange implements ports.SessionStore.
func (d *DB) Exchange(ctx context.Context, presented domain.TokenHash, next domain.RefreshToken, now time.Time) (domain.Session, error) {
	var s domain.Session
	var refused error // an outcome to keep, unlike an error of the change
	err := d.writer.do(ctx, func(ctx context.Context, q *queries) error {
		t, err := findToken(ctx, q, presented)
		if err != nil {
			return err
		}
		if s, err = findSession(ctx, q, domain.ErrRefreshInvalid, qSessionByID, t.SessionID); err != nil {
			return err
		}
		if refused = t.CheckExchange(s, now); refused != nil {
			if errors.Is(refused, domain.ErrRefreshReused) {
				s.Revoked = true
				_, err = q.exec(ctx, qRevokeSession, s.ID)
			}
			return err
		}
		s.LastActiveAt, s.ExpiresAt = domain.StoredTime(now), domain.StoredTime(next.ExpiresAt)
		return exchange(ctx, q, t, next, s)
	})
	if s.Revoked { // perhaps by this
		d.live.forget()
	}
	if err == nil {
		err = refused
	}
	if err != nil && !errors.Is(err, domain.ErrRefreshReused) {
		return domain.Session{}, err
	}
	return s, err
}

// exchange gives t its successor and renews the session.
func exchange(ctx context.Context, q *queries, t, next domain.RefreshToken, s domain.Session) error {
	now := moment{s.LastActiveAt}
	if _, err := q.exec(ctx, qMarkExchanged, now, t.Hash[:]); err != nil {
		return err
	}
	if t.Parent != (domain.TokenHash{}) {
		first, err := q.exec(ctx, qMarkSuccessorUsed, now, t.Parent[:])
		if err != nil {
			return err
		}
		if first > 0 {
			if _, err := q.exec(ctx, qMakeSiblingsStale, t.Parent[:], t.Hash[:]); err != nil {
				return err
			}
		}
	}
	next.SessionID, next.Parent = s.ID, t.Hash
	if err := insertToken(ctx, q, next); err != nil {
		return err
	}
	_, err := q.exec(ctx, qRenewSession, now, moment{s.ExpiresAt}, s.ID)
	return err
}

func findToken(ctx context.Context, q *queries, hash domain.TokenHash) (domain.RefreshToken, error) {
	var row tokenRow
	err := q.get(ctx, &row, qToken, hash[:])
	if errors.Is(err, sql.ErrNoRows) {
		return domain.RefreshToken{}, domain.ErrRefreshInvalid
	}
	return row.token(), err
}

func insertToken(ctx context.Context, q *queries, t domain.RefreshToken) error {
	var parent []byte
	if t.Parent != (domain.TokenHash{}) {
		parent = t.Parent[:]
	}
	_, err := q.exec(ctx, qInsertToken, t.Hash[:], t.SessionID, parent, moment{t.IssuedAt}, moment{t.ExpiresAt},
		moment{t.ExchangedAt}, moment{t.SuccessorUsedAt}, t.Stale)
	return err
}
