package memory

import (
	"context"
	"slices"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.UserStore = (*Store)(nil)

type accountTables struct {
	users      map[domain.UserID]*domain.User
	byEmail    map[string]*domain.User // by domain.EmailKey
	byUsername map[string]*domain.User // by domain.UsernameKey
	usernames  []string                // the keys of byUsername, ascending
}

func newAccountTables() accountTables {
	return accountTables{
		users:      map[domain.UserID]*domain.User{},
		byEmail:    map[string]*domain.User{},
		byUsername: map[string]*domain.User{},
	}
}

// CreateUser implements ports.UserStore.
func (s *Store) CreateUser(ctx context.Context, u domain.User, session domain.Session, first domain.RefreshToken) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	email := domain.EmailKey(u.Email)
	if s.byEmail[email] != nil {
		return domain.ErrEmailTaken
	}
	if s.byUsername[domain.UsernameKey(u.Username)] != nil {
		return domain.ErrUsernameTaken
	}
	s.users[u.ID] = &u
	s.byEmail[email] = &u
	s.addUsername(&u)
	s.addSession(session, first)
	return nil
}

// UserByID implements ports.UserStore.
func (s *Store) UserByID(ctx context.Context, id domain.UserID) (domain.User, error) {
	if err := s.begin(ctx); err != nil {
		return domain.User{}, err
	}
	defer s.mu.Unlock()
	return accountOf(s.users[id])
}

// UserByEmail implements ports.UserStore.
func (s *Store) UserByEmail(ctx context.Context, email string) (domain.User, error) {
	if err := s.begin(ctx); err != nil {
		return domain.User{}, err
	}
	defer s.mu.Unlock()
	return accountOf(s.byEmail[domain.EmailKey(email)])
}

// SetUsername implements ports.UserStore.
func (s *Store) SetUsername(ctx context.Context, id domain.UserID, username string) (domain.User, error) {
	if err := s.begin(ctx); err != nil {
		return domain.User{}, err
	}
	defer s.mu.Unlock()
	u := s.users[id]
	if u == nil {
		return domain.User{}, domain.ErrUserNotFound
	}
	if holder := s.byUsername[domain.UsernameKey(username)]; holder != nil && holder != u {
		return domain.User{}, domain.ErrUsernameTaken
	}
	s.removeUsername(u)
	u.Username = username
	s.addUsername(u)
	return *u, nil
}

// SetPassword implements ports.UserStore.
func (s *Store) SetPassword(
	ctx context.Context, id domain.UserID, checked, hash string, keep domain.SessionID,
) ([]domain.SessionID, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if err := s.checkHash(id, checked); err != nil {
		return nil, err
	}
	s.users[id].PasswordHash = hash
	return s.revoke(id, func(session domain.SessionID) bool { return session != keep }), nil
}

// RehashPassword implements ports.UserStore.
func (s *Store) RehashPassword(ctx context.Context, id domain.UserID, checked, hash string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.checkHash(id, checked); err != nil {
		return err
	}
	s.users[id].PasswordHash = hash
	return nil
}

// checkHash reports whether an account still has the password hash that was checked.
func (s *Store) checkHash(id domain.UserID, checked string) error {
	switch u := s.users[id]; {
	case u == nil:
		return domain.ErrUserNotFound
	case u.PasswordHash != checked:
		return domain.ErrPasswordChanged
	}
	return nil
}

func (s *Store) addUsername(u *domain.User) {
	key := domain.UsernameKey(u.Username)
	s.byUsername[key] = u
	i, _ := slices.BinarySearch(s.usernames, key)
	s.usernames = slices.Insert(s.usernames, i, key)
}

func (s *Store) removeUsername(u *domain.User) {
	key := domain.UsernameKey(u.Username)
	delete(s.byUsername, key)
	if i, there := slices.BinarySearch(s.usernames, key); there {
		s.usernames = slices.Delete(s.usernames, i, i+1)
	}
}

// accountOf returns a copy; nil is not found.
func accountOf(u *domain.User) (domain.User, error) {
	if u == nil {
		return domain.User{}, domain.ErrUserNotFound
	}
	return *u, nil
}
