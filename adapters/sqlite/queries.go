package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	sqlite3 "modernc.org/sqlite/lib"
)

// preparer is a pool of connections or one of them.
type preparer interface {
	PreparexContext(ctx context.Context, query string) (*sqlx.Stmt, error)
}

// queries runs queries on a pool or a connection and keeps each prepared under its text. Every text is a constant, so
// there are few; lists travel as one JSON argument. Errors name the statement and are translated.
//
// A context bounds the wait for a connection. A query that has begun is finished: it takes a moment, and watching over it
// would take the driver two goroutines and longer.
type queries struct {
	on       preparer
	slots    chan struct{} // as many as connections; nil: there is one, and one goroutine that uses it
	mu       sync.RWMutex
	prepared map[string]statement
	writer   *lastOutcome // of the writer, who alone changes anything; nil: it is not the writer's
}

// lastOutcome is what became of the writer's statements since it was cleared.
type lastOutcome struct {
	changed bool  // something may have been changed
	broken  error // a statement failed in a way that leaves the transaction in doubt; none is run after it
}

// statement is one of the prepared; it is closed with all of them.
type statement struct {
	*sqlx.Stmt
	changes bool // it is no SELECT
}

func newQueries(on preparer) *queries { return &queries{on: on, prepared: map[string]statement{}} }

// newWrites is for the writer.
func newWrites(conn preparer) *queries {
	q := newQueries(conn)
	q.writer = &lastOutcome{}
	return q
}

// newReads is for a pool of connections.
func newReads(pool *sqlx.DB) *queries {
	q := newQueries(pool)
	q.slots = make(chan struct{}, pool.Stats().MaxOpenConnections)
	return q
}

// get reads one row into dest; sql.ErrNoRows if there is none.
func (q *queries) get(ctx context.Context, dest any, query string, args ...any) error {
	return q.read(ctx, query, func(ctx context.Context, stmt statement) error { return stmt.GetContext(ctx, dest, args...) })
}

// list reads all rows into dest, a pointer to a slice.
func (q *queries) list(ctx context.Context, dest any, query string, args ...any) error {
	return q.read(ctx, query, func(ctx context.Context, stmt statement) error { return stmt.SelectContext(ctx, dest, args...) })
}

// each hands every row to scan.
func (q *queries) each(ctx context.Context, query string, scan func(*sql.Rows) error, args ...any) error {
	return q.read(ctx, query, func(ctx context.Context, stmt statement) (err error) {
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func (q *queries) read(ctx context.Context, query string, run func(context.Context, statement) error) error {
	stmt, err := q.prepare(ctx, query)
	if err != nil {
		return err
	}
	if err := q.begin(stmt.changes); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if q.slots != nil {
		select {
		case q.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { <-q.slots }()
	}
	return q.failed(query, run(context.WithoutCancel(ctx), stmt))
}

// begin notes what the writer is about to do; after a statement that left the transaction in doubt it does nothing
// more.
func (q *queries) begin(changes bool) error {
	if q.writer == nil {
		return nil
	}
	if q.writer.broken != nil {
		return q.writer.broken
	}
	q.writer.changed = q.writer.changed || changes
	return nil
}

// failed wraps the error of a query. When a constraint is broken, SQLite undoes the statement and nothing else; after
// any other failure it may have ended the transaction, and what came next would be committed by itself.
func (q *queries) failed(query string, err error) error {
	err = failed(query, err)
	if c := code(err); q.writer != nil && c != 0 && c&0xff != sqlite3.SQLITE_CONSTRAINT {
		q.writer.broken = err
	}
	return err
}

// exec runs a statement and returns how many rows it changed.
func (q *queries) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := q.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	if err := q.begin(false); err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, q.failed(query, err)
	}
	n, err := result.RowsAffected()
	if q.writer != nil && (n > 0 || err != nil) { // a statement that fails has changed nothing
		q.writer.changed = true
	}
	return n, q.failed(query, err)
}

func (q *queries) prepare(ctx context.Context, query string) (statement, error) {
	q.mu.RLock()
	stmt, there := q.prepared[query]
	q.mu.RUnlock()
	if there {
		return stmt, nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if stmt, there = q.prepared[query]; there {
		return stmt, nil
	}
	prepared, err := q.on.PreparexContext(ctx, query)
	if err != nil {
		return statement{}, q.failed(query, err)
	}
	stmt = statement{prepared, !strings.HasPrefix(query, "SELECT")}
	q.prepared[query] = stmt
	return stmt, nil
}

// close releases the prepared statements; queries must not be used after it.
func (q *queries) close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	var faults []error
	for _, stmt := range q.prepared {
		faults = append(faults, stmt.Close())
	}
	return errors.Join(faults...)
}

// failed wraps err with the first words of the query, enough to find it. That there is no row is an answer, no failure.
func failed(query string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	words := strings.Fields(query)
	return fmt.Errorf("sqlite: %s: %w", strings.Join(words[:min(3, len(words))], " "), translate(err))
}
