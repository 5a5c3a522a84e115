package memory

import (
	"context"
	"slices"
	"strings"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.UserDirectory = (*Store)(nil)

// SearchUsers implements ports.UserDirectory.
func (s *Store) SearchUsers(ctx context.Context, q string, limit int) ([]domain.UserName, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	prefix := domain.UsernameKey(q)
	var keys []string
	i, _ := slices.BinarySearch(s.usernames, prefix)
	for ; i < len(s.usernames) && len(keys) < limit && strings.HasPrefix(s.usernames[i], prefix); i++ {
		keys = append(keys, s.usernames[i])
	}
	if u := s.byEmail[domain.EmailKey(q)]; u != nil {
		keys = append(keys, domain.UsernameKey(u.Username))
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	names := make([]domain.UserName, 0, len(keys))
	for _, key := range keys[:min(limit, len(keys))] {
		names = append(names, s.name(s.byUsername[key].ID))
	}
	return names, nil
}

// KnownUsers implements ports.UserDirectory.
func (s *Store) KnownUsers(ctx context.Context, viewer domain.UserID, ids []domain.UserID) ([]domain.UserName, error) {
	return s.pick(ctx, ids, func(id domain.UserID) bool { return id == viewer || s.haveMet(viewer, id) })
}

// ExistingUsers implements ports.UserDirectory.
func (s *Store) ExistingUsers(ctx context.Context, ids []domain.UserID) ([]domain.UserName, error) {
	return s.pick(ctx, ids, func(domain.UserID) bool { return true })
}

// pick returns the accounts among ids that wanted says yes to, by id.
func (s *Store) pick(ctx context.Context, ids []domain.UserID, wanted func(domain.UserID) bool) ([]domain.UserName, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var names []domain.UserName
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if s.users[id] != nil && wanted(id) {
			names = append(names, s.name(id))
		}
	}
	return names, nil
}

// haveMet tells whether two people were ever members of one conversation.
func (s *Store) haveMet(a, b domain.UserID) bool {
	for _, c := range s.conversationsOf[a] {
		if _, met := c.reads[b]; met {
			return true
		}
	}
	return false
}

// name returns what others see of an account that exists.
func (s *Store) name(id domain.UserID) domain.UserName {
	return domain.UserName{ID: id, Username: s.users[id].Username}
}
