package users

import (
	"context"
	"errors"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// GetMe shows a user their account.
type GetMe struct{ users ports.UserStore }

// NewGetMe returns the use case.
func NewGetMe(users ports.UserStore) *GetMe { return &GetMe{users} }

// Execute returns the account; token_invalid if it is gone.
func (uc *GetMe) Execute(ctx context.Context, user domain.UserID) (domain.User, error) {
	u, err := uc.users.UserByID(ctx, user)
	return u, ownAccount("find user", err)
}

// UpdateMe renames a user.
type UpdateMe struct{ users ports.UserStore }

// NewUpdateMe returns the use case.
func NewUpdateMe(users ports.UserStore) *UpdateMe { return &UpdateMe{users} }

// Execute sets the username and returns the account: validation_failed, username_taken.
func (uc *UpdateMe) Execute(ctx context.Context, user domain.UserID, username string) (domain.User, error) {
	name, err := domain.NewUsername(username)
	if err != nil {
		return domain.User{}, err
	}
	u, err := uc.users.SetUsername(ctx, user, name)
	return u, ownAccount("set username", err)
}

// ChangePassword replaces a user's password.
type ChangePassword struct {
	users     ports.UserStore
	hasher    ports.PasswordHasher
	announcer ports.RevocationAnnouncer
	life      Lifetimes
}

// NewChangePassword returns the use case.
func NewChangePassword(users ports.UserStore, hasher ports.PasswordHasher, announcer ports.RevocationAnnouncer, life Lifetimes) *ChangePassword {
	return &ChangePassword{users, hasher, announcer, life}
}

// ChangePasswordInput names the account and the session that stays signed in.
type ChangePasswordInput struct {
	User     domain.UserID
	Session  domain.SessionID
	Old, New string
}

// Execute replaces the password and ends every other session; invalid_credentials if the old one is wrong, also if it
// was changed meanwhile.
func (uc *ChangePassword) Execute(ctx context.Context, in ChangePasswordInput) error {
	if err := domain.CheckPassword("new_password", in.New); err != nil {
		return err
	}
	ended, err := recheck(func() ([]domain.SessionID, error) { return uc.attempt(ctx, in) })
	if err != nil {
		return err
	}
	return endSessions(ctx, uc.announcer, ended, uc.life)
}

func (uc *ChangePassword) attempt(ctx context.Context, in ChangePasswordInput) ([]domain.SessionID, error) {
	u, err := uc.users.UserByID(ctx, in.User)
	if err != nil {
		return nil, ownAccount("find user", err)
	}
	match, err := uc.hasher.MatchPassword(ctx, u.PasswordHash, in.Old)
	if err != nil {
		return nil, fmt.Errorf("match password: %w", err)
	}
	if !match {
		return nil, domain.ErrInvalidCredentials
	}
	hash, err := uc.hasher.HashPassword(ctx, in.New)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	ended, err := uc.users.SetPassword(ctx, in.User, u.PasswordHash, hash, in.Session)
	return ended, ownAccount("set password", err)
}

// ownAccount wraps an error about the caller's own account: a token for an account that is gone is not valid.
func ownAccount(step string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, domain.ErrUserNotFound):
		return domain.ErrTokenInvalid
	}
	return fmt.Errorf("%s: %w", step, err)
}
