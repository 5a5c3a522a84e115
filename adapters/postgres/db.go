package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"

	"chatsystem/ports"
)

// DB is a pool of connections to a database. It is safe for concurrent use.
type DB struct {
	clock ports.Clock
	pool  *sqlx.DB
	reads queries // each statement on its own

	log *gatherer
}

// Open returns the database without connecting yet, so that a service starts while the database is down; Ping tells. The
// schema must have been made by Migrate. The caller closes the DB.
func Open(cfg Config, clock ports.Clock) (*DB, error) {
	conn, err := cfg.connection(serviceParams())
	if err != nil {
		return nil, err
	}
	pool := sqlx.NewDb(stdlib.OpenDB(*conn), "pgx")
	pool.SetMaxOpenConns(cfg.maxConns())
	pool.SetMaxIdleConns(cfg.maxConns())
	pool.SetConnMaxLifetime(connMaxLifetime)
	pool.SetConnMaxIdleTime(connMaxIdleTime)
	d := &DB{clock: clock, pool: pool, reads: queries{pool}}
	d.log = newGatherer(d.changeShared, d.changeAlone)
	return d, nil
}

// Close waits for the statements that run and closes the connections; calls after it fail.
func (d *DB) Close() error {
	d.log.close()
	if err := d.pool.Close(); err != nil {
		return fmt.Errorf("postgres: close: %w", err)
	}
	return nil
}

const qPing = `SELECT 1`

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	return d.reads.get(ctx, &one, qPing)
}

// bounded gives a context without a deadline one.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, defaultTimeout)
}

// now is the time as the tables keep it.
func (d *DB) now() moment { return moment{d.clock()} }

// interval is a length of time as Postgres takes it: an interval in text form.
func interval(d time.Duration) string { return fmt.Sprintf("%d microseconds", d.Microseconds()) }
