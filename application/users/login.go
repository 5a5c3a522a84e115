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
//
// A password that is changed meanwhile is checked again, so that no session begins with one that has ended.
func (uc *Login) Execute(ctx context.Context, in LoginInput) (SignedIn, error) {
	return recheck(func() (SignedIn, error) { return uc.attempt(ctx, in) })
}

func (uc *Login) attempt(ctx context.Context, in LoginInput) (SignedIn, error) {
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
	if err := uc.rehash(ctx, &u, in.Password); err != nil {
		return SignedIn{}, err
	}
	now := uc.clock()
	s, refresh, token, err := uc.mint.newSession(domain.SessionID(uc.uuids()), u.ID, in.UserAgent, now)
	if err != nil {
		return SignedIn{}, err
	}
	if err := uc.sessions.CreateSession(ctx, u.PasswordHash, s, token); err != nil {
		return SignedIn{}, fmt.Errorf("create session: %w", err)
	}
	return uc.mint.signedIn(u, s, refresh, now)
}

// rehash makes the hash of a password that has just matched anew if it is made otherwise today.
func (uc *Login) rehash(ctx context.Context, u *domain.User, password string) error {
	if !uc.hasher.Outdated(u.PasswordHash) {
		return nil
	}
	hash, err := uc.hasher.HashPassword(ctx, password)
	if err != nil {
		return fmt.Errorf("hash password anew: %w", err)
	}
	if err := uc.users.RehashPassword(ctx, u.ID, u.PasswordHash, hash); err != nil {
		return fmt.Errorf("replace hash: %w", err)
	}
	u.PasswordHash = hash
	return nil
}

// maxChecks is how often a password is checked that is changed again and again meanwhile.
const maxChecks = 3

// recheck runs an attempt again as long as the password that it checked was changed meanwhile.
func recheck[T any](attempt func() (T, error)) (result T, err error) {
	for range maxChecks {
		if result, err = attempt(); !errors.Is(err, domain.ErrPasswordChanged) {
			return result, err
		}
	}
	return result, fmt.Errorf("%w: %w", domain.ErrUnavailable, err)
}
