package ports

import (
	"context"

	"chatsystem/domain"
)

// UserStore keeps accounts. E-mails and usernames are unique by domain.EmailKey and domain.UsernameKey, however many
// requests race.
type UserStore interface {
	// CreateUser adds an account with its first session, or neither. ErrEmailTaken, ErrUsernameTaken.
	CreateUser(ctx context.Context, u domain.User, s domain.Session, first domain.RefreshToken) error
	// UserByID returns an account; ErrUserNotFound.
	UserByID(ctx context.Context, id domain.UserID) (domain.User, error)
	// UserByEmail returns the account of an e-mail, compared by domain.EmailKey; ErrUserNotFound.
	UserByEmail(ctx context.Context, email string) (domain.User, error)
	// SetUsername renames an account and returns it; ErrUserNotFound, ErrUsernameTaken.
	SetUsername(ctx context.Context, id domain.UserID, username string) (domain.User, error)
	// SetPassword replaces the password hash, if it is still the one that was checked, and revokes all sessions but keep,
	// in one step. It returns the sessions it revoked; ErrUserNotFound, ErrPasswordChanged.
	SetPassword(ctx context.Context, id domain.UserID, checked, hash string, keep domain.SessionID) ([]domain.SessionID, error)
	// RehashPassword replaces the hash of a password by another one of the same password, if it is still the one that was
	// checked. Sessions live on. ErrUserNotFound, ErrPasswordChanged.
	RehashPassword(ctx context.Context, id domain.UserID, checked, hash string) error
}

// UserDirectory lets people find each other.
type UserDirectory interface {
	// SearchUsers returns the account whose e-mail is exactly q and those whose username begins with q, ignoring case,
	// by username, at most limit.
	SearchUsers(ctx context.Context, q string, limit int) ([]domain.UserName, error)
	// KnownUsers returns those of ids that share or once shared a conversation with viewer, and viewer; by id.
	KnownUsers(ctx context.Context, viewer domain.UserID, ids []domain.UserID) ([]domain.UserName, error)
	// ExistingUsers returns those of ids that are accounts; by id.
	ExistingUsers(ctx context.Context, ids []domain.UserID) ([]domain.UserName, error)
}
