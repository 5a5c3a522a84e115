// Package direct connects services that run in one process: ports that reach over the network elsewhere are answered by the
// other service's store here. Implements: ports.RevocationReader.
package direct

import (
	"context"
	"errors"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Sessions answers from the session store, which knows of every revocation, also of those before a restart.
type Sessions struct {
	store ports.SessionStore
}

var _ ports.RevocationReader = (*Sessions)(nil)

// NewSessions returns the adapter.
func NewSessions(store ports.SessionStore) *Sessions {
	return &Sessions{store}
}

// Revoked implements ports.RevocationReader. A session that is gone counts as revoked.
func (s *Sessions) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	var ended []domain.SessionID
	for _, id := range ids {
		session, err := s.store.SessionByID(ctx, id)
		switch {
		case errors.Is(err, domain.ErrSessionNotFound):
			ended = append(ended, id)
		case err != nil:
			return nil, fmt.Errorf("session %s: %w", id, err)
		case session.Revoked:
			ended = append(ended, id)
		}
	}
	return ended, nil
}
