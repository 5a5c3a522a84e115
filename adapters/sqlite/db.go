package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite" // also the driver "sqlite"

	"chatsystem/ports"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	clock   ports.Clock
	entropy ports.Entropy

	pool   *sqlx.DB // for reads
	reads  *queries
	sole   *sqlx.DB // of one connection, which is the writer's
	writer *writer
	log    *checkpointer

	unannounced *unannounced
	live        *liveSessions
	moves       *moves

	closing sync.Once
	closed  error
}

// Open opens the file, makes it if it is absent, and brings its schema up to date; a file from which a later version of
// the program took something away is refused, and one that is ErrDamaged, before anything of it is changed. ctx bounds
// the opening only. The caller closes the DB, and holds LockDir on the folder from before to after.
func Open(ctx context.Context, cfg Config, clock ports.Clock, entropy ports.Entropy) (*DB, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := inspect(ctx, cfg); err != nil {
		return nil, err
	}
	if err := touch(cfg.Path); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	_, _ = sqlite.Fdatasync(true) // where there is none, a commit takes longer
	d := &DB{clock: clock, entropy: entropy, unannounced: &unannounced{messages: map[logKey]*awaiting{}}, live: newLiveSessions()}
	if err := d.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, cfg Config) error {
	if err := prepare(ctx, cfg); err != nil {
		return err
	}
	var err error
	if d.sole, err = connect(cfg, 1, cacheOf(writerCacheKiB), keepDirty); err != nil {
		return err
	}
	conn, err := d.sole.Connx(ctx)
	if err != nil {
		return fmt.Errorf("sqlite: connect: %w", err)
	}
	beside, err := connect(cfg, 1)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	d.log = startCheckpointer(context.WithoutCancel(ctx), beside)
	d.writer = startWriter(context.WithoutCancel(ctx), conn, d.log)
	d.moves = newMoves(&d.writer.commits)
	if d.pool, err = connect(cfg, cfg.readers(), "query_only(1)", cacheOf(readerCacheKiB)); err != nil {
		return err
	}
	d.reads = newReads(d.pool)
	return d.Ping(ctx)
}

// prepare brings the file up to date, and closes it: that folds in the log of a process that died.
func prepare(ctx context.Context, cfg Config) error {
	pool, err := connect(cfg, 1)
	if err != nil {
		return err
	}
	if err := errors.Join(migrate(ctx, pool.DB), pool.Close()); err != nil {
		return err
	}
	reserveLog(cfg.Path, cfg.Reserve)
	return nil
}

// connect returns a pool of at most n connections, none of them opened yet.
func connect(cfg Config, n int, pragmas ...string) (*sqlx.DB, error) {
	source, err := cfg.source(pragmas...)
	if err != nil {
		return nil, err
	}
	pool, err := sqlx.Open("sqlite", source)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	return pool, nil
}

// touch makes the file readable for its owner only: it holds password hashes. SQLite gives the files beside it the same
// mode.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close finishes the writes that are queued, refuses new ones (domain.ErrUnavailable) and closes the file. Closing again
// does nothing.
func (d *DB) Close() error {
	d.closing.Do(func() { d.closed = d.close() })
	return d.closed
}

func (d *DB) close() error {
	var faults []error
	if d.writer != nil {
		faults = append(faults, d.writer.close())
	}
	if d.log != nil {
		faults = append(faults, d.log.close())
	}
	if d.reads != nil {
		faults = append(faults, d.reads.close())
	}
	if d.pool != nil {
		faults = append(faults, d.pool.Close())
	}
	if d.sole != nil && d.log.failure() == nil {
		faults = append(faults, d.sole.Close()) // last: it folds the write-ahead log into the file
	} // else it stays open until the process ends, so that nothing is folded in: the next start does
	return errors.Join(faults...)
}

const qPing = `SELECT 1`

// Ping tells whether the file can be read, and its log still be copied into it.
func (d *DB) Ping(ctx context.Context) error {
	if d.log != nil {
		if err := d.log.failure(); err != nil {
			return unavailable(err)
		}
	}
	var one int
	return d.reads.get(ctx, &one, qPing)
}

// Failed is closed when the log could not be copied into the file for a fault of the machine: the process is to end.
// What was committed is in the log, which is left alone, and the next start copies it. Trying again could lose pages:
// the operating system may have forgotten what it did not write, and say that all is well.
func (d *DB) Failed() <-chan struct{} { return d.log.broken }

// Failure returns why Failed is closed, an ErrCheckpoint.
func (d *DB) Failure() error { return d.log.failure() }

// Stats counts what the writer has done since Open: many Writes per Commit means that grouping works.
type Stats struct {
	Writes  int64 // changes that were committed or rolled back on their own
	Commits int64 // transactions, each at most one sync of the disk
	Queued  int   // changes waiting now
}

// Stats returns the counts.
func (d *DB) Stats() Stats { return d.writer.stats() }
