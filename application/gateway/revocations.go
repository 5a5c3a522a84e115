package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

// recordTimeout leaves time for the owner to answer within what a client that connects is given.
const recordTimeout = 300 * time.Millisecond

// Revocations asks the record of ended sessions, which is quick, and while that does not answer the service that owns
// sessions.
type Revocations struct {
	record ports.RevocationReader
	owner  ports.RevocationReader
	log    *slog.Logger
}

var _ ports.RevocationReader = (*Revocations)(nil)

// NewRevocations returns the reader.
func NewRevocations(record, owner ports.RevocationReader, log *slog.Logger) *Revocations {
	return &Revocations{record, owner, log}
}

// Revoked implements ports.RevocationReader.
func (r *Revocations) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	quick, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	ended, err := r.record.Revoked(quick, ids)
	if err == nil || ctx.Err() != nil {
		return ended, err
	}
	r.log.WarnContext(ctx, "record of ended sessions does not answer, asking their owner", "error", err)
	if ended, err = r.owner.Revoked(ctx, ids); err != nil {
		return nil, fmt.Errorf("owner of sessions: %w", err)
	}
	return ended, nil
}
