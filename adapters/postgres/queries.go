package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// queries runs statements on the pool or in a transaction; the driver keeps each prepared under its text. Every text is a
// constant, so there are few; lists travel as arrays. Errors name the statement and are translated.
type queries struct{ on sqlx.ExtContext }

// get reads one row into dest; sql.ErrNoRows if there is none.
func (q queries) get(ctx context.Context, dest any, query string, args ...any) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return failed(query, sqlx.GetContext(ctx, q.on, dest, query, args...))
}

// list reads all rows into dest, a pointer to a slice.
func (q queries) list(ctx context.Context, dest any, query string, args ...any) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return failed(query, sqlx.SelectContext(ctx, q.on, dest, query, args...))
}

// exec runs a statement and returns how many rows it changed.
func (q queries) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	result, err := q.on.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, failed(query, err)
	}
	n, err := result.RowsAffected()
	return n, failed(query, err)
}

// failed wraps err with the first words of the query, enough to find it. That there is no row is an answer, no failure.
func failed(query string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	words := strings.Fields(query)
	return fmt.Errorf("postgres: %s: %w", strings.Join(words[:min(3, len(words))], " "), translate(err))
}

// texts passes a list of ids as one array.
func texts[T ~string](ids []T) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
