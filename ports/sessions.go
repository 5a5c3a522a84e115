package ports

import (
	"context"
	"time"

	"chatsystem/domain"
)

// SessionStore keeps sign-ins and their refresh tokens. Changes of one session happen one after another.
type SessionStore interface {
	// CreateSession adds a session and the first token of its chain, if the hash of its user's password is still the one
	// that was checked: a session either is there when a new password revokes those before it, or never begins.
	// ErrUserNotFound, ErrPasswordChanged.
	CreateSession(ctx context.Context, checked string, s domain.Session, first domain.RefreshToken) error
	// Exchange gives the token with hash presented the successor next, if domain's CheckExchange allows it at now: it marks
	// the token exchanged; if it is the first of its siblings to be used, it marks the parent and makes the unused siblings stale;
	// next gets the token's session and becomes a child of it; the session lives until next expires. It
	// returns the session. On ErrRefreshReused the session has been revoked and is returned as well.
	Exchange(ctx context.Context, presented domain.TokenHash, next domain.RefreshToken, now time.Time) (domain.Session, error)
	// SessionByToken returns the session that a token, used or not, belongs to; ErrRefreshInvalid.
	SessionByToken(ctx context.Context, presented domain.TokenHash) (domain.Session, error)
	// SessionByID returns a session, revoked or not; ErrSessionNotFound.
	SessionByID(ctx context.Context, id domain.SessionID) (domain.Session, error)
	// LiveSessions returns a user's sessions that are neither revoked nor expired at now, the latest active first.
	LiveSessions(ctx context.Context, user domain.UserID, now time.Time) ([]domain.Session, error)
	// Revoke ends the named sessions of a user and returns those that were live; ids that are not the user's are ignored.
	Revoke(ctx context.Context, user domain.UserID, ids []domain.SessionID) ([]domain.SessionID, error)
	// RevokeAll ends every session of a user and returns those that were live.
	RevokeAll(ctx context.Context, user domain.UserID) ([]domain.SessionID, error)
	// PurgeSessions forgets refresh tokens that expired before a time, at most limit, and with its last token a session.
	// It returns how many tokens it forgot.
	PurgeSessions(ctx context.Context, expiredBefore time.Time, limit int) (int, error)
}

// RevocationAnnouncer tells the gateways at once which sessions ended.
type RevocationAnnouncer interface {
	// AnnounceRevoked records the sessions as revoked for ttl, as long as an access token of theirs may live, and makes every
	// gateway close their connections.
	AnnounceRevoked(ctx context.Context, ids []domain.SessionID, ttl time.Duration) error
}

// RevocationReader knows which sessions ended.
type RevocationReader interface {
	// Revoked returns those of ids that ended and whose access tokens may still live, in any order. A store of sessions also
	// names those it does not know: they are gone. What comes with an error ended; others may have, too.
	Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error)
}
