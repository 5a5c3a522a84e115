package memory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.SessionStore     = (*Store)(nil)
	_ ports.RevocationReader = (*Store)(nil)
)

type sessionTables struct {
	sessions   map[domain.SessionID]*domain.Session
	sessionsOf map[domain.UserID][]*domain.Session // in the order of their creation
	tokens     map[domain.TokenHash]*domain.RefreshToken
	successors map[domain.TokenHash][]*domain.RefreshToken
}

func newSessionTables() sessionTables {
	return sessionTables{
		sessions:   map[domain.SessionID]*domain.Session{},
		sessionsOf: map[domain.UserID][]*domain.Session{},
		tokens:     map[domain.TokenHash]*domain.RefreshToken{},
		successors: map[domain.TokenHash][]*domain.RefreshToken{},
	}
}

// CreateSession implements ports.SessionStore.
func (s *Store) CreateSession(ctx context.Context, checked string, session domain.Session, first domain.RefreshToken) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.checkHash(session.UserID, checked); err != nil {
		return err
	}
	s.addSession(session, first)
	return nil
}

// Exchange implements ports.SessionStore.
func (s *Store) Exchange(ctx context.Context, presented domain.TokenHash, next domain.RefreshToken, now time.Time) (domain.Session, error) {
	if err := s.begin(ctx); err != nil {
		return domain.Session{}, err
	}
	defer s.mu.Unlock()
	token := s.tokens[presented]
	if token == nil {
		return domain.Session{}, domain.ErrRefreshInvalid
	}
	session := s.sessions[token.SessionID]
	if err := token.CheckExchange(*session, now); err != nil {
		if errors.Is(err, domain.ErrRefreshReused) {
			session.Revoked = true
		}
		return *session, err
	}
	now = domain.StoredTime(now)
	s.markExchanged(token, now)
	next.SessionID, next.Parent = token.SessionID, token.Hash
	s.tokens[next.Hash] = &next
	s.successors[token.Hash] = append(s.successors[token.Hash], &next)
	session.LastActiveAt, session.ExpiresAt = now, next.ExpiresAt
	return *session, nil
}

// markExchanged records the first use of a token; if none of its siblings was used before, it leaves them stale.
func (s *Store) markExchanged(token *domain.RefreshToken, now time.Time) {
	if !token.ExchangedAt.IsZero() {
		return
	}
	token.ExchangedAt = now
	parent := s.tokens[token.Parent]
	if parent == nil || !parent.SuccessorUsedAt.IsZero() {
		return
	}
	parent.SuccessorUsedAt = now
	for _, sibling := range s.successors[parent.Hash] {
		sibling.Stale = sibling != token
	}
}

// SessionByToken implements ports.SessionStore.
func (s *Store) SessionByToken(ctx context.Context, presented domain.TokenHash) (domain.Session, error) {
	if err := s.begin(ctx); err != nil {
		return domain.Session{}, err
	}
	defer s.mu.Unlock()
	token := s.tokens[presented]
	if token == nil {
		return domain.Session{}, domain.ErrRefreshInvalid
	}
	return *s.sessions[token.SessionID], nil
}

// SessionByID implements ports.SessionStore.
func (s *Store) SessionByID(ctx context.Context, id domain.SessionID) (domain.Session, error) {
	if err := s.begin(ctx); err != nil {
		return domain.Session{}, err
	}
	defer s.mu.Unlock()
	session := s.sessions[id]
	if session == nil {
		return domain.Session{}, domain.ErrSessionNotFound
	}
	return *session, nil
}

// Revoked implements ports.RevocationReader.
func (s *Store) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var revoked []domain.SessionID
	for _, id := range ids {
		if session := s.sessions[id]; session == nil || session.Revoked {
			revoked = append(revoked, id)
		}
	}
	return revoked, nil
}

// LiveSessions implements ports.SessionStore.
func (s *Store) LiveSessions(ctx context.Context, user domain.UserID, now time.Time) ([]domain.Session, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var live []domain.Session
	for _, session := range s.sessionsOf[user] {
		if session.Live(now) {
			live = append(live, *session)
		}
	}
	slices.SortFunc(live, func(a, b domain.Session) int {
		if d := b.LastActiveAt.Compare(a.LastActiveAt); d != 0 {
			return d
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	return live, nil
}

// Revoke implements ports.SessionStore.
func (s *Store) Revoke(ctx context.Context, user domain.UserID, ids []domain.SessionID) ([]domain.SessionID, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.revoke(user, func(id domain.SessionID) bool { return slices.Contains(ids, id) }), nil
}

// RevokeAll implements ports.SessionStore.
func (s *Store) RevokeAll(ctx context.Context, user domain.UserID) ([]domain.SessionID, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.revoke(user, func(domain.SessionID) bool { return true }), nil
}

// PurgeSessions implements ports.SessionStore.
func (s *Store) PurgeSessions(ctx context.Context, expiredBefore time.Time, limit int) (int, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	purged, kept := 0, map[domain.SessionID]bool{}
	for hash, t := range s.tokens {
		if purged == limit || !t.ExpiresAt.Before(expiredBefore) {
			kept[t.SessionID] = true
			continue
		}
		delete(s.tokens, hash)
		delete(s.successors, hash)
		purged++
	}
	for id, session := range s.sessions {
		if !kept[id] {
			delete(s.sessions, id)
			s.sessionsOf[session.UserID] = slices.DeleteFunc(s.sessionsOf[session.UserID], func(o *domain.Session) bool { return o == session })
		}
	}
	return purged, nil
}

func (s *Store) addSession(session domain.Session, first domain.RefreshToken) {
	s.sessions[session.ID] = &session
	s.sessionsOf[session.UserID] = append(s.sessionsOf[session.UserID], &session)
	s.tokens[first.Hash] = &first
}

// revoke ends those sessions of a user that wanted says yes to and returns those that were live.
func (s *Store) revoke(user domain.UserID, wanted func(domain.SessionID) bool) []domain.SessionID {
	now := s.clock()
	var revoked []domain.SessionID
	for _, session := range s.sessionsOf[user] {
		if !wanted(session.ID) {
			continue
		}
		if session.Live(now) {
			revoked = append(revoked, session.ID)
		}
		session.Revoked = true
	}
	return revoked
}
