package ports

import (
	"context"
	"time"

	"chatsystem/domain"
)

// AccessClaims is what an access token says.
type AccessClaims struct {
	User      domain.UserID
	Session   domain.SessionID
	ExpiresAt time.Time
}

// TokenVerifier checks access tokens; ErrTokenInvalid, ErrTokenExpired, and ErrUnavailable while it cannot be known: the
// same token may be shown again. It answers within a few seconds.
type TokenVerifier interface {
	VerifyAccess(token string) (AccessClaims, error)
}

// TokenIssuer signs access tokens.
type TokenIssuer interface {
	IssueAccess(c AccessClaims) (string, error)
}

// RefreshTokens makes the opaque tokens that renew a session.
type RefreshTokens interface {
	// NewRefresh returns a token of 256 random bits and its hash.
	NewRefresh() (token string, hash domain.TokenHash, err error)
	// HashRefresh returns the hash of a presented token; any string has one.
	HashRefresh(token string) domain.TokenHash
}

// PasswordHasher hashes passwords slowly, a bounded number at a time; callers beyond that wait until their context ends
// (ErrUnavailable).
type PasswordHasher interface {
	HashPassword(ctx context.Context, password string) (string, error)
	// MatchPassword compares in the same time whether the hash is right, wrong or empty (an unknown account). A hash that
	// was made cheaper than they are made now takes no less time when it does not match.
	MatchPassword(ctx context.Context, hash, password string) (bool, error)
	// Outdated reports whether a hash is made otherwise than HashPassword makes them now.
	Outdated(hash string) bool
}
