package domain

import "time"

// Session is one sign-in of one user: a family of refresh tokens, each the successor of another.
type Session struct {
	ID           SessionID
	UserID       UserID
	UserAgent    string
	CreatedAt    time.Time
	LastActiveAt time.Time
	ExpiresAt    time.Time // of the latest refresh token
	Revoked      bool
}

// Live tells whether the session can still be used.
func (s Session) Live(now time.Time) bool { return !s.Revoked && now.Before(s.ExpiresAt) }

// TokenHash is the SHA-256 of a refresh token; the token itself is never stored.
type TokenHash [32]byte

// RefreshToken is one link of a session's chain of refresh tokens. Zero times mean "not yet".
type RefreshToken struct {
	Hash      TokenHash
	SessionID SessionID
	Parent    TokenHash // zero for the first of a session
	IssuedAt  time.Time
	ExpiresAt time.Time

	ExchangedAt     time.Time // when it was first exchanged
	SuccessorUsedAt time.Time // when one of its successors was first exchanged
	Stale           bool      // a sibling was used first
}

// CheckExchange decides whether the token may be exchanged for a successor now: it may once; again while none of
// its successors has been used, and for RefreshGrace after the first of them was. ErrRefreshReused means that it
// came back in a way no honest client explains, so its whole session must be revoked; ErrRefreshInvalid that it
// has merely ended.
func (t RefreshToken) CheckExchange(s Session, now time.Time) error {
	switch {
	case !s.Live(now) || !now.Before(t.ExpiresAt):
		return ErrRefreshInvalid
	case t.Stale:
		return ErrRefreshReused
	case !t.SuccessorUsedAt.IsZero() && now.After(t.SuccessorUsedAt.Add(RefreshGrace)):
		return ErrRefreshReused
	}
	return nil
}
