//go:build e2e

package e2e

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/previous"
	"chatsystem/cmd/internal/scenario"
)

// TestARollingUpgradeAndBack puts this release in the place of the one before, under load: the schema first, then one
// instance after the other; then it takes half of them back, on a schema that the next release has expanded.
func TestARollingUpgradeAndBack(t *testing.T) {
	ctx := deadline(t, 10*time.Minute)
	before := t.TempDir()
	require.NoError(t, previous.Build(ctx, before, "user-service", "chat-service", "message-service", "gateway", "fanout-worker", "migrate", "init"))

	s := newProcesses(t)
	now := s.bin
	s.bin = before
	s.makeStores()
	for _, i := range s.all() {
		i.program = filepath.Join(before, i.service)
		i.start()
	}
	s.startEdge()
	for _, i := range s.all() {
		i.awaitReady()
	}
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 3, Listeners: 3}, s.url)
	require.NoError(t, err)
	defer load.Close()
	awaitSent(t, load, 30)

	s.bin = now
	s.makeStores()
	for _, i := range s.all() {
		replace(t, load, i, now)
	}
	s.expandSchema()
	s.bin = before
	s.makeStores() // as a deployment does that migrates before every start
	for _, service := range []string{"user-service", "chat-service", "message-service", "fanout-worker", "gateway"} {
		replace(t, load, s.running[service][0], before)
	}
	awaitSent(t, load, 100) // by both releases

	verdict, err := load.Finish(ctx)
	t.Log(verdict)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}

// replace ends an instance in good order and starts the program of another release in its place.
func replace(t *testing.T, load *scenario.Load, i *instance, bin string) {
	t.Helper()
	awaitSent(t, load, 20)
	i.stop()
	i.program = filepath.Join(bin, i.service)
	i.start()
	i.awaitReady()
}

// expandSchema adds to every table of the database what an expand migration may add (ADR 48).
func (s *stack) expandSchema() {
	s.t.Helper()
	dsn := s.env[slices.IndexFunc(s.env, func(v string) bool { return strings.HasPrefix(v, "POSTGRES_DSN=") })]
	db, err := sql.Open("pgx", strings.TrimPrefix(dsn, "POSTGRES_DSN="))
	require.NoError(s.t, err)
	defer func() { _ = db.Close() }()
	var tables string
	require.NoError(s.t, db.QueryRowContext(s.t.Context(), `SELECT string_agg(tablename, ',') FROM pg_tables
		WHERE schemaname = 'public' AND tablename <> 'goose_db_version'`).Scan(&tables))
	for table := range strings.SplitSeq(tables, ",") { // each on its own: services hold locks in an order of theirs
		_, err := db.ExecContext(s.t.Context(), "ALTER TABLE "+table+" ADD COLUMN added_later TEXT NOT NULL DEFAULT 'x'")
		require.NoError(s.t, err)
	}
	_, err = db.ExecContext(s.t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	require.NoError(s.t, err)
}
