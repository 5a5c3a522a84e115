package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jmoiron/sqlx"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// checkpointPages, 8 MiB, is how far the write-ahead log goes before it is copied into the file: each page once, however
	// often it changed meanwhile.
	checkpointPages = 2000
	// restPages may be left to the writer, who does nothing else meanwhile.
	restPages = 128
	// passes bounds how often the checkpointer follows a log that grows while it copies.
	passes = 4
	// changesBetween looks at the log.
	changesBetween = 64
)

// checkpointer copies the write-ahead log into the file beside the commits: a commit that had to wait for that took as long as
// hundreds of others. It has a connection of its own, and follows the log until little is missing. That the writer copies between two
// commits, while the log does not grow: then it can begin anew, over what it has written before, which is also what a sync takes the
// least time for.
type checkpointer struct {
	pool   *sqlx.DB // of one connection
	ctx    context.Context
	looks  chan struct{}
	rest   atomic.Bool // the writer is to copy what is left
	closed chan struct{}
	broken chan struct{}         // closed by the first failure of the machine; then nothing is copied any more
	failed atomic.Pointer[error] // why

	pragma func(ctx context.Context, on sqlx.QueryerContext, mode string) (walState, error)
}

// ErrCheckpoint says that the write-ahead log could not be copied into the file.
var ErrCheckpoint = errors.New("the write-ahead log cannot be copied into the database file")

func startCheckpointer(ctx context.Context, pool *sqlx.DB) *checkpointer {
	c := &checkpointer{pool: pool, ctx: ctx, looks: make(chan struct{}, 1), closed: make(chan struct{}), broken: make(chan struct{}), pragma: checkpoint}
	go c.loop()
	return c
}

// look has the checkpointer look at the log. Only the writer calls it, and never after close.
func (c *checkpointer) look() {
	select {
	case c.looks <- struct{}{}:
	default:
	}
}

// close waits for what the checkpointer is doing.
func (c *checkpointer) close() error {
	close(c.looks)
	<-c.closed
	return c.pool.Close()
}

func (c *checkpointer) loop() {
	defer close(c.closed)
	for range c.looks {
		if log, err := c.run(c.pool, "NOOP"); err == nil && log.left() >= checkpointPages {
			c.follow()
		}
	}
}

// run has SQLite copy. Whoever is in the way is waited for the next time; a failure of the machine is the end.
func (c *checkpointer) run(on sqlx.QueryerContext, mode string) (walState, error) {
	if err := c.failure(); err != nil {
		return walState{}, err
	}
	log, err := c.pragma(c.ctx, on, mode)
	if code(err)&0xff == sqlite3.SQLITE_IOERR || isDamage(err) {
		err = fmt.Errorf("sqlite: %w: %w", ErrCheckpoint, err)
		if c.failed.CompareAndSwap(nil, &err) {
			close(c.broken)
		}
	}
	return log, err
}

// failure returns why nothing is copied any more, or nil.
func (c *checkpointer) failure() error {
	if c == nil || c.failed.Load() == nil {
		return nil
	}
	return *c.failed.Load()
}

// follow copies until little is left. It needs no answer to a failure: the log stays as it is, and the next look finds it.
func (c *checkpointer) follow() {
	for range passes {
		if _, err := c.run(c.pool, "PASSIVE"); err != nil {
			return
		}
		if log, err := c.run(c.pool, "NOOP"); err != nil || log.left() <= restPages {
			break
		}
	}
	c.rest.Store(true)
}

// walState is what a checkpoint says of the write-ahead log.
type walState struct {
	Busy   int `db:"busy"`
	Pages  int `db:"log"`
	Copied int `db:"checkpointed"`
}

func (s walState) left() int { return s.Pages - s.Copied }

// checkpoint runs PRAGMA wal_checkpoint in a mode that waits for nobody.
func checkpoint(ctx context.Context, on sqlx.QueryerContext, mode string) (s walState, err error) {
	err = sqlx.GetContext(ctx, on, &s, "PRAGMA wal_checkpoint("+mode+")")
	return s, err
}
