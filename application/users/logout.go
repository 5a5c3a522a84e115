package users

import (
	"context"
	"errors"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Logout ends the session that a refresh token belongs to.
type Logout struct {
	sessions  ports.SessionStore
	announcer ports.RevocationAnnouncer
	mint      *TokenMint
}

// NewLogout returns the use case.
func NewLogout(sessions ports.SessionStore, announcer ports.RevocationAnnouncer, mint *TokenMint) *Logout {
	return &Logout{sessions, announcer, mint}
}

// Execute revokes the session and closes its connections. An unknown token is no error: the session is over either way.
func (uc *Logout) Execute(ctx context.Context, refresh string) error {
	s, err := uc.sessions.SessionByToken(ctx, uc.mint.refreshes.HashRefresh(refresh))
	if errors.Is(err, domain.ErrRefreshInvalid) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find session: %w", err)
	}
	if _, err := uc.sessions.Revoke(ctx, s.UserID, []domain.SessionID{s.ID}); err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	// Announced even if it was revoked before: a repeated logout makes up for an announcement that failed.
	return endSessions(ctx, uc.announcer, []domain.SessionID{s.ID}, uc.mint.life)
}

// LogoutAll ends every session of a user.
type LogoutAll struct {
	sessions  ports.SessionStore
	announcer ports.RevocationAnnouncer
	life      Lifetimes
}

// NewLogoutAll returns the use case.
func NewLogoutAll(sessions ports.SessionStore, announcer ports.RevocationAnnouncer, life Lifetimes) *LogoutAll {
	return &LogoutAll{sessions, announcer, life}
}

// Execute revokes the sessions and closes their connections.
func (uc *LogoutAll) Execute(ctx context.Context, user domain.UserID) error {
	ended, err := uc.sessions.RevokeAll(ctx, user)
	if err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	return endSessions(ctx, uc.announcer, ended, uc.life)
}
