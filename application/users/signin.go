package users

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"chatsystem/domain"
	"chatsystem/ports"
)

// SignedIn is the answer to everything that begins or renews a session.
type SignedIn struct {
	AccessToken      string
	RefreshToken     string
	RefreshExpiresAt time.Time
	User             domain.User
}

// Lifetimes says how long tokens live.
type Lifetimes struct {
	Access  time.Duration
	Refresh time.Duration
}

// TokenMint makes the pair of tokens of a session.
type TokenMint struct {
	issuer    ports.TokenIssuer
	refreshes ports.RefreshTokens
	life      Lifetimes
}

// NewTokenMint returns a mint.
func NewTokenMint(issuer ports.TokenIssuer, refreshes ports.RefreshTokens, life Lifetimes) *TokenMint {
	return &TokenMint{issuer, refreshes, life}
}

// newSession begins a session of a user and returns it with its first refresh token, as text and as stored.
func (m *TokenMint) newSession(id domain.SessionID, user domain.UserID, agent string, now time.Time) (domain.Session, string, domain.RefreshToken, error) {
	text, token, err := m.newRefresh(now)
	if err != nil {
		return domain.Session{}, "", domain.RefreshToken{}, err
	}
	token.SessionID = id
	s := domain.Session{
		ID: id, UserID: user, UserAgent: cleanUserAgent(agent), CreatedAt: token.IssuedAt, LastActiveAt: token.IssuedAt,
		ExpiresAt: token.ExpiresAt,
	}
	return s, text, token, nil
}

func (m *TokenMint) newRefresh(now time.Time) (string, domain.RefreshToken, error) {
	text, hash, err := m.refreshes.NewRefresh()
	if err != nil {
		return "", domain.RefreshToken{}, fmt.Errorf("new refresh token: %w", err)
	}
	at := domain.StoredTime(now)
	return text, domain.RefreshToken{Hash: hash, IssuedAt: at, ExpiresAt: at.Add(m.life.Refresh)}, nil
}

// signedIn answers with a fresh access token beside a refresh token.
func (m *TokenMint) signedIn(u domain.User, s domain.Session, refresh string, now time.Time) (SignedIn, error) {
	access, err := m.issuer.IssueAccess(ports.AccessClaims{User: u.ID, Session: s.ID, ExpiresAt: now.Add(m.life.Access)})
	if err != nil {
		return SignedIn{}, fmt.Errorf("issue access token: %w", err)
	}
	return SignedIn{AccessToken: access, RefreshToken: refresh, RefreshExpiresAt: s.ExpiresAt, User: u}, nil
}

// cleanUserAgent keeps what a list of sessions can show of a User-Agent header.
func cleanUserAgent(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, agent)
	if runes := []rune(agent); len(runes) > domain.MaxUserAgentChars {
		agent = string(runes[:domain.MaxUserAgentChars])
	}
	return agent
}

// endSessions makes the gateways close the connections of sessions that have been revoked in the store. The access
// tokens of a session outlive it by at most their own life.
func endSessions(ctx context.Context, announcer ports.RevocationAnnouncer, ids []domain.SessionID, life Lifetimes) error {
	if len(ids) == 0 {
		return nil
	}
	if err := announcer.AnnounceRevoked(ctx, ids, life.Access); err != nil {
		return fmt.Errorf("announce revoked sessions: %w", err)
	}
	return nil
}
