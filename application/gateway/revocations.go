package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

// recordTimeout leaves time for the owner to answer within what a client that connects is given.
const recordTimeout = 300 * time.Millisecond

// Revocations asks the record of ended sessions, which is quick, and while that does not answer, or not for all that it may
// have known once, the service that owns sessions.
type Revocations struct {
	record ports.RevocationReader
	owner  ports.RevocationReader
	log    *slog.Logger
	asking atomic.Bool // the owner; said once, as it may last for an hour of connections
}

var _ ports.RevocationReader = (*Revocations)(nil)

// NewRevocations returns the reader.
func NewRevocations(record, owner ports.RevocationReader, log *slog.Logger) *Revocations {
	return &Revocations{record: record, owner: owner, log: log}
}

// Revoked implements ports.RevocationReader. If neither can tell, it returns what the record knows, with the error.
func (r *Revocations) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	quick, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	recorded, err := r.record.Revoked(quick, ids)
	if err == nil && r.asking.Swap(false) {
		r.log.InfoContext(ctx, "record of ended sessions can tell again")
	}
	if err == nil || ctx.Err() != nil {
		return recorded, err
	}
	if !r.asking.Swap(true) {
		r.log.WarnContext(ctx, "record of ended sessions cannot tell, asking their owner", "error", err)
	}
	ended, err := r.owner.Revoked(ctx, ids)
	if err != nil {
		return recorded, fmt.Errorf("owner of sessions: %w", err)
	}
	return ended, nil
}
