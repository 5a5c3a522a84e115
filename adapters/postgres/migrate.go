package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"chatsystem/migrations"
)

const (
	lockPeriod   = 1  // seconds between two tries for the lock
	lockAttempts = 60 // before giving up
)

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string    // of its file
	AppliedAt time.Time // zero while it is pending
}

// Migrate brings the schema up to date, each step in a transaction of its own; of several callers one migrates and the
// others wait for it, at most a minute. The lock belongs to a session: the DSN must not lead through a pooler of transactions. A schema
// of a later release is left as it is: this one's programs work on it. ctx bounds the whole.
func Migrate(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	provider, err := cfg.migrations(log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, provider.Close()) }()
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("postgres: migrate: %w", translate(err))
	}
	has, knows, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("postgres: schema version: %w", translate(err))
	}
	if has > knows {
		log.Warn("the schema is of a later release and stays so", "has", has, "knows", knows)
	}
	return nil
}

// Migrations returns all steps of the schema, the first one first, and which have been applied.
func Migrations(ctx context.Context, cfg Config, log *slog.Logger) (steps []Migration, err error) {
	provider, err := cfg.migrations(log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, provider.Close()) }()
	all, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("postgres: migrations: %w", translate(err))
	}
	for _, s := range all {
		steps = append(steps, Migration{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt})
	}
	return steps, nil
}

// migrations returns a provider on a pool of its own, without the time limits of a service: an index may take hours.
func (c Config) migrations(log *slog.Logger) (*goose.Provider, error) {
	conn, err := c.connection(nil)
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriod, lockAttempts))
	if err != nil {
		return nil, fmt.Errorf("postgres: migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, stdlib.OpenDB(*conn), migrations.Postgres,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return nil, fmt.Errorf("postgres: migrations: %w", err)
	}
	return provider, nil
}
