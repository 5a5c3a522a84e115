package chats

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"chatsystem/ports"
)

const (
	purgeInterval = time.Hour
	purgeBatch    = 1000
	purgeTimeout  = 10 * time.Second
)

// Retention is how long a finished allocation is kept, and with it the memory of its client_msg_id; 0 is for ever.
type Retention time.Duration

// PurgeAllocations forgets finished allocations that are older than the retention.
type PurgeAllocations struct {
	allocations ports.Allocations
	keep        Retention
	clock       ports.Clock
	log         *slog.Logger
}

// NewPurgeAllocations returns the use case.
func NewPurgeAllocations(a ports.Allocations, keep Retention, clock ports.Clock, log *slog.Logger) *PurgeAllocations {
	return &PurgeAllocations{a, keep, clock, log}
}

// Run purges once an hour until ctx ends.
func (uc *PurgeAllocations) Run(ctx context.Context) {
	for {
		if err := uc.Execute(ctx); err != nil && ctx.Err() == nil {
			uc.log.Warn("purge allocations", "error", err)
		}
		select {
		case <-time.After(purgeInterval):
		case <-ctx.Done():
			return
		}
	}
}

// Execute forgets everything that is due, in small steps that hold nobody up.
func (uc *PurgeAllocations) Execute(ctx context.Context) error {
	if uc.keep == 0 {
		return nil
	}
	for {
		n, err := uc.batch(ctx)
		if err != nil {
			return fmt.Errorf("purge allocations: %w", err)
		}
		if n < purgeBatch {
			return nil
		}
	}
}

func (uc *PurgeAllocations) batch(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, purgeTimeout)
	defer cancel()
	return uc.allocations.PurgeAllocations(ctx, uc.clock().Add(-time.Duration(uc.keep)), purgeBatch)
}
