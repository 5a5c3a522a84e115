package simulation

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

// credentials stands for what signs and hashes: nothing of it is secret here, and nothing of it is slow.
type credentials struct{ p *process }

var (
	_ ports.TokenIssuer    = credentials{}
	_ ports.TokenVerifier  = credentials{}
	_ ports.RefreshTokens  = credentials{}
	_ ports.PasswordHasher = credentials{}
)

// IssueAccess writes the claims down.
func (credentials) IssueAccess(c ports.AccessClaims) (string, error) {
	return fmt.Sprintf("%s %s %s", c.User, c.Session, c.ExpiresAt.Format(time.RFC3339Nano)), nil
}

// VerifyAccess reads them.
func (credentials) VerifyAccess(token string) (ports.AccessClaims, error) {
	c := claimsOf(token)
	if !time.Now().Before(c.ExpiresAt) {
		return c, domain.ErrTokenExpired
	}
	return c, nil
}

func claimsOf(token string) ports.AccessClaims {
	parts := strings.Fields(token)
	if len(parts) != 3 {
		return ports.AccessClaims{}
	}
	at, _ := time.Parse(time.RFC3339Nano, parts[2]) // a time that cannot be read has passed
	return ports.AccessClaims{User: domain.UserID(parts[0]), Session: domain.SessionID(parts[1]), ExpiresAt: at}
}

// NewRefresh returns an id.
func (s credentials) NewRefresh() (string, domain.TokenHash, error) {
	token := s.p.uuid()
	return token, s.HashRefresh(token), nil
}

// HashRefresh implements ports.RefreshTokens.
func (credentials) HashRefresh(token string) domain.TokenHash { return sha256.Sum256([]byte(token)) }

// HashPassword returns the password.
func (credentials) HashPassword(_ context.Context, password string) (string, error) {
	return password, nil
}

// MatchPassword compares.
func (credentials) MatchPassword(_ context.Context, hash, password string) (bool, error) {
	return hash == password, nil
}

// Outdated says that no hash is.
func (credentials) Outdated(string) bool { return false }
