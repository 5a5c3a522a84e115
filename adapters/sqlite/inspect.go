package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged says that a file cannot be worked with: its pages do not fit together, it is no database, or another
// program's.
var ErrDamaged = errors.New("the database file is damaged")

const (
	fileHeader = "SQLite format 3\x00"
	// inspectFor bounds how long a start looks at a file: some gigabytes are read in it. What lies beyond is for verify.
	inspectFor = 3 * time.Second

	listTables = `SELECT name FROM sqlite_schema WHERE type = 'table'`

	versionTable = "goose_db_version"
)

// inspect looks at a file before anything of it is changed: ErrDamaged. One that is absent or empty is new.
func inspect(ctx context.Context, cfg Config) (err error) {
	fresh, err := checkHeader(cfg.Path)
	if err != nil || fresh {
		return err
	}
	pool, err := connect(cfg, 1, readOnly)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	var tables []string
	if err := pool.SelectContext(ctx, &tables, listTables); err != nil {
		return failed(listTables, err)
	}
	if len(tables) > 0 && !slices.Contains(tables, versionTable) {
		return fmt.Errorf("%w: it is the database of another program", ErrDamaged)
	}
	limited, cancel := context.WithTimeout(ctx, inspectFor)
	defer cancel()
	faults, err := quickCheck(limited, pool, 1)
	if limited.Err() != nil && ctx.Err() == nil {
		return nil
	}
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("%w: %s", ErrDamaged, faults[0])
	}
	return err
}

// checkHeader reads how a file begins, and tells whether there is nothing in it yet.
func checkHeader(path string) (fresh bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("sqlite: %w", err)
	}
	defer f.Close()
	head := make([]byte, len(fileHeader))
	switch n, err := io.ReadFull(f, head); {
	case errors.Is(err, io.EOF):
		return true, nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return false, fmt.Errorf("sqlite: %w", err)
	case string(head[:n]) != fileHeader:
		return false, fmt.Errorf("%w: it does not begin as a database of SQLite does", ErrDamaged)
	}
	return false, nil
}

// quickCheck returns what does not fit together in a file, at most so many faults.
func quickCheck(ctx context.Context, on sqlx.QueryerContext, most int) ([]string, error) {
	var lines []string
	pragma := fmt.Sprintf("PRAGMA quick_check(%d)", most)
	if err := sqlx.SelectContext(ctx, on, &lines, pragma); err != nil {
		return nil, failed(pragma, err)
	}
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return slices.DeleteFunc(lines, func(line string) bool { return line == "ok" }), nil
}

// Faults returns what does not fit together in the file, at most a hundred faults; it reads all of it. A fault that
// keeps it from being read to the end is the last.
func (d *DB) Faults(ctx context.Context) ([]string, error) {
	faults, err := quickCheck(ctx, d.pool, 100)
	if errors.Is(err, ErrDamaged) {
		return append(faults, err.Error()), nil
	}
	return faults, err
}

// isDamage tells whether SQLite found that a file is not what it should be.
func isDamage(err error) bool {
	c := code(err) & 0xff
	return c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}
