package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// TestContractsOnALaterSchema runs every contract on a file to which the next release has added what an expand migration may
// add (ADR 48): its schema is there before its program, and after it if that is taken back.
func TestContractsOnALaterSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "later.db")
	require.NoError(t, os.WriteFile(path, emptyFile(t), 0o600))
	expand(t, path)
	later, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, run := range suites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, func(t testing.TB, clock ports.Clock) portstest.Core {
				path := filepath.Join(t.TempDir(), "chat.db")
				require.NoError(t, os.WriteFile(path, later, 0o600))
				return coreAt(t, path, clock)
			})
		})
	}
	t.Run("it stays a later schema", func(t *testing.T) {
		require.NoError(t, openFile(t, path, time.Now).Close())
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		var version int64
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT max(version_id) FROM goose_db_version`).Scan(&version))
		require.EqualValues(t, 9999, version)
	})
}

// expand adds to every table, and a table.
func expand(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	var tables string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT group_concat(name) FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'`).Scan(&tables))
	require.NoError(t, db.Close())
	statements := []string{
		`CREATE TABLE added_later (user_id TEXT PRIMARY KEY REFERENCES users) STRICT`,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`,
	}
	for table := range strings.SplitSeq(tables, ",") {
		statements = append(statements,
			fmt.Sprintf(`ALTER TABLE %s ADD COLUMN added_later TEXT NOT NULL DEFAULT 'x'`, table),
			fmt.Sprintf(`ALTER TABLE %s ADD COLUMN optional_later INTEGER`, table),
			fmt.Sprintf(`CREATE INDEX %s_added_later ON %[1]s (added_later)`, table))
	}
	run(t, path, statements...)
}
