//go:build integration

package postgres_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// TestContractsOnALaterSchema runs every contract on a database to which the next release has added what an expand migration
// may add (ADR 48): its schema is there before its programs, and after them if they are taken back.
func TestContractsOnALaterSchema(t *testing.T) {
	t.Parallel()
	later := emptyDatabase(t, "")
	require.NoError(t, postgres.Migrate(t.Context(), postgres.Config{DSN: later}, slog.New(slog.DiscardHandler)))
	name := expand(t, later)
	newLater := func(t testing.TB) string { return emptyDatabase(t, " TEMPLATE "+name) }
	for suite, run := range suites {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			run(t, func(t testing.TB, clock ports.Clock) portstest.Core { return coreAt(t, newLater(t), clock) })
		})
	}
	t.Run("allocations", func(t *testing.T) {
		t.Parallel()
		runAllocations(t, newLater)
	})
}

// expand adds to every table of a database, and a table, and returns the database's name.
func expand(t *testing.T, dsn string) (name string) {
	t.Helper()
	pool := connect(t, dsn)
	_, err := pool.ExecContext(t.Context(), `DO $$
		DECLARE t text;
		BEGIN
			FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version' LOOP
				EXECUTE format('ALTER TABLE %I ADD COLUMN added_later TEXT NOT NULL DEFAULT ''x'', ADD COLUMN optional_later BIGINT', t);
				EXECUTE format('CREATE INDEX ON %I (added_later)', t);
			END LOOP;
			CREATE TABLE added_later (user_id UUID PRIMARY KEY REFERENCES users);
			INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true);
		END $$`)
	require.NoError(t, err)
	require.NoError(t, pool.QueryRowContext(t.Context(), `SELECT current_database()`).Scan(&name))
	require.NoError(t, pool.Close()) // a template has no users
	return name
}
