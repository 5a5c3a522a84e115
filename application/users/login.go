package users

import (
	"context"
	"errors"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Login begins a session with e-mail and password.
type Login struct {
	users    ports.UserStore
	sessions ports.SessionStore
	hasher   ports.PasswordHasher
	mint     *TokenMint
	uuids    ports.UUIDs
	clock    ports.Clock
}

// NewLogin returns the use case.
func NewLogin(users ports.UserStore, sessions ports.SessionStore, hasher ports.PasswordHasher, mint *TokenMint, uuids ports.UUIDs, clock ports.Clock) *Login {
	return &Login{users, sessions, hasher, mint, uuids, clock}
}

// LoginInput is what a user signs in with.
type LoginInput struct{ Email, Password, UserAgent string }

// Execute signs in; invalid_credentials tells neither which of the two was wrong nor, by its time, whether there is such
// an account.
func (uc *Login) Execute(ctx context.Context, in LoginInput) (SignedIn, error) {
	u, err := uc.users.UserByEmail(ctx, in.Email)
	if err != nil && !errors.Is(err, domain.ErrUserNotFound) {
		return SignedIn{}, fmt.Errorf("find user: %w", err)
	}
	match, err := uc.hasher.MatchPassword(ctx, u.PasswordHash, in.Password)
	if err != nil {
		return SignedIn{}, fmt.Errorf("match password: %w", err)
	}
	if !match || u.ID == "" {
		return SignedIn{}, domain.ErrInvalidCredentials
	}
	now := uc.clock()
	s, refresh, token, err := uc.mint.newSession(domain.SessionID(uc.uuids()), u.ID, in.UserAgent, now)
	if err != nil {
		return SignedIn{}, err
	}
	if err := uc.sessions.CreateSession(ctx, s, token); err != nil {
		return SignedIn{}, fmt.Errorf("create session: %w", err)
	}
	return uc.mint.signedIn(u, s, refresh, now)
}
