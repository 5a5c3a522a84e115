// Package housekeeping forgets what is over, so that no table grows for ever.
package housekeeping

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

const (
	interval = time.Hour
	batch    = 1000
	timeout  = 10 * time.Second // for one batch
)

// Purge deletes one kind of thing that is over.
type Purge struct {
	what string
	some func(ctx context.Context, limit int) (int, error)
	log  *slog.Logger
}

// NewPurge returns a purge; some deletes at most limit of what is due and returns how many it did.
func NewPurge(what string, some func(ctx context.Context, limit int) (int, error), log *slog.Logger) *Purge {
	return &Purge{what, some, log}
}

// Run purges once an hour until ctx ends.
func (p *Purge) Run(ctx context.Context) {
	for {
		if err := p.Execute(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("purge", "error", err)
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return
		}
	}
}

// Execute deletes everything that is due, in small steps that hold nobody up.
func (p *Purge) Execute(ctx context.Context) error {
	for {
		n, err := p.step(ctx)
		if err != nil {
			return fmt.Errorf("purge %s: %w", p.what, err)
		}
		if n < batch {
			return nil
		}
	}
}

func (p *Purge) step(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return p.some(ctx, batch)
}
