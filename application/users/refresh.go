package users

import (
	"context"
	"errors"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Refresh exchanges a refresh token for the next one and a fresh access token.
type Refresh struct {
	users     ports.UserStore
	sessions  ports.SessionStore
	announcer ports.RevocationAnnouncer
	mint      *TokenMint
	clock     ports.Clock
}

// NewRefresh returns the use case.
func NewRefresh(users ports.UserStore, sessions ports.SessionStore, announcer ports.RevocationAnnouncer, mint *TokenMint, clock ports.Clock) *Refresh {
	return &Refresh{users, sessions, announcer, mint, clock}
}

// Execute rotates the token. refresh_invalid: unknown, expired or signed out. refresh_reused: a used token came back, so
// the whole session has been revoked and its connections are closed.
func (uc *Refresh) Execute(ctx context.Context, presented string) (SignedIn, error) {
	now := uc.clock()
	text, next, err := uc.mint.newRefresh(now)
	if err != nil {
		return SignedIn{}, err
	}
	s, err := uc.sessions.Exchange(ctx, uc.mint.refreshes.HashRefresh(presented), next, now)
	if errors.Is(err, domain.ErrRefreshReused) {
		if endErr := endSessions(ctx, uc.announcer, []domain.SessionID{s.ID}, uc.mint.life); endErr != nil {
			return SignedIn{}, endErr
		}
	}
	if err != nil {
		return SignedIn{}, fmt.Errorf("exchange refresh token: %w", err)
	}
	u, err := uc.users.UserByID(ctx, s.UserID)
	if err != nil {
		return SignedIn{}, fmt.Errorf("find user: %w", err)
	}
	return uc.mint.signedIn(u, s, text, now)
}
