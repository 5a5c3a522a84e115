package users

import (
	"context"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Register makes an account and signs it in.
type Register struct {
	users  ports.UserStore
	hasher ports.PasswordHasher
	mint   *TokenMint
	uuids  ports.UUIDs
	clock  ports.Clock
}

// NewRegister returns the use case.
func NewRegister(users ports.UserStore, hasher ports.PasswordHasher, mint *TokenMint, uuids ports.UUIDs, clock ports.Clock) *Register {
	return &Register{users, hasher, mint, uuids, clock}
}

// RegisterInput is what a new user gives.
type RegisterInput struct{ Email, Username, Password, UserAgent string }

// Execute makes the account with its first session, or neither: validation_failed, email_taken, username_taken.
func (uc *Register) Execute(ctx context.Context, in RegisterInput) (SignedIn, error) {
	reg, err := domain.NewRegistration(in.Email, in.Username, in.Password)
	if err != nil {
		return SignedIn{}, err
	}
	hash, err := uc.hasher.HashPassword(ctx, reg.Password)
	if err != nil {
		return SignedIn{}, fmt.Errorf("hash password: %w", err)
	}
	now := uc.clock()
	u := domain.User{
		ID: domain.UserID(uc.uuids()), Email: reg.Email, Username: reg.Username, PasswordHash: hash,
		CreatedAt: domain.StoredTime(now),
	}
	s, refresh, token, err := uc.mint.newSession(domain.SessionID(uc.uuids()), u.ID, in.UserAgent, now)
	if err != nil {
		return SignedIn{}, err
	}
	if err := uc.users.CreateUser(ctx, u, s, token); err != nil {
		return SignedIn{}, fmt.Errorf("create user: %w", err)
	}
	return uc.mint.signedIn(u, s, refresh, now)
}
