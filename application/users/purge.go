package users

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"chatsystem/ports"
)

const (
	purgeInterval = time.Hour
	purgeBatch    = 500
	purgeTimeout  = 10 * time.Second
	purgeMargin   = time.Hour // beyond the life of any access token of an ended session
)

// PurgeSessions forgets sessions that ended long ago, so that their number does not grow for ever.
type PurgeSessions struct {
	sessions ports.SessionStore
	clock    ports.Clock
	log      *slog.Logger
}

// NewPurgeSessions returns the use case.
func NewPurgeSessions(s ports.SessionStore, clock ports.Clock, log *slog.Logger) *PurgeSessions {
	return &PurgeSessions{s, clock, log}
}

// Run purges once an hour until ctx ends.
func (uc *PurgeSessions) Run(ctx context.Context) {
	for {
		if err := uc.Execute(ctx); err != nil && ctx.Err() == nil {
			uc.log.Warn("purge sessions", "error", err)
		}
		select {
		case <-time.After(purgeInterval):
		case <-ctx.Done():
			return
		}
	}
}

// Execute forgets everything that is due, in small steps that hold nobody up.
func (uc *PurgeSessions) Execute(ctx context.Context) error {
	for {
		n, err := uc.batch(ctx)
		if err != nil {
			return fmt.Errorf("purge sessions: %w", err)
		}
		if n < purgeBatch {
			return nil
		}
	}
}

func (uc *PurgeSessions) batch(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
	defer cancel()
	return uc.sessions.PurgeSessions(ctx, uc.clock().Add(-purgeMargin), purgeBatch)
}
