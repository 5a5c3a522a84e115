package users

import (
	"context"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// ListSessions shows a user where they are signed in.
type ListSessions struct {
	sessions ports.SessionStore
	clock    ports.Clock
}

// NewListSessions returns the use case.
func NewListSessions(sessions ports.SessionStore, clock ports.Clock) *ListSessions {
	return &ListSessions{sessions, clock}
}

// Execute returns the live sessions, the latest active first.
func (uc *ListSessions) Execute(ctx context.Context, user domain.UserID) ([]domain.Session, error) {
	s, err := uc.sessions.LiveSessions(ctx, user, uc.clock())
	if err != nil {
		return nil, fmt.Errorf("live sessions: %w", err)
	}
	return s, nil
}

// RevokeSession ends one of a user's sessions.
type RevokeSession struct {
	sessions  ports.SessionStore
	announcer ports.RevocationAnnouncer
	life      Lifetimes
}

// NewRevokeSession returns the use case.
func NewRevokeSession(sessions ports.SessionStore, announcer ports.RevocationAnnouncer, life Lifetimes) *RevokeSession {
	return &RevokeSession{sessions, announcer, life}
}

// Execute revokes the session and closes its connections; session_not_found unless it is a live one of the user.
func (uc *RevokeSession) Execute(ctx context.Context, user domain.UserID, id domain.SessionID) error {
	if !domain.IsUUID(string(id)) {
		return domain.ErrSessionNotFound
	}
	ended, err := uc.sessions.Revoke(ctx, user, []domain.SessionID{id})
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	if len(ended) == 0 {
		return domain.ErrSessionNotFound
	}
	return endSessions(ctx, uc.announcer, ended, uc.life)
}
