package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	maxAttempts = 5                     // of a transaction that the server gave up
	retryPause  = 10 * time.Millisecond // before the second attempt; doubled for each further one
)

// changeFunc makes a change through q, all of it or, with an error, nothing. It may run more than once.
type changeFunc func(ctx context.Context, q queries) error

// change runs fn in a transaction and commits it. An error from fn undoes what fn did and is returned as it is. If the
// server gives the transaction up because of others, fn runs again.
func (d *DB) change(ctx context.Context, fn changeFunc) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	pause := retryPause
	for attempt := 1; ; attempt++ {
		err := d.attempt(ctx, fn)
		if err == nil || attempt == maxAttempts || !isGivenUp(err) {
			return err
		}
		select {
		case <-time.After(pause + rand.N(pause)):
			pause *= 2
		case <-ctx.Done():
			return err
		}
	}
}

func (d *DB) attempt(ctx context.Context, fn changeFunc) (err error) {
	tx, err := d.pool.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return fmt.Errorf("postgres: begin: %w", translate(err))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing; else the transaction ends with its connection
	if err := fn(ctx, queries{tx}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("postgres: commit: %w", translate(err))
	}
	return nil
}
