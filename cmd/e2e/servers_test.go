//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"
)

// servers are where scripts/infra starts the stores; variables of the same names say so of others.
var servers = map[string]string{
	"POSTGRES_DSN":      "postgres://chat:chat@127.0.0.1:15432/chat?sslmode=disable",
	"REDIS_ADDR":        "127.0.0.1:16379",
	"KAFKA_BROKERS":     "127.0.0.1:19092",
	"DYNAMODB_ENDPOINT": "http://127.0.0.1:18000",
}

func server(name string) string { return cmp.Or(os.Getenv(name), servers[name]) } //nolint:forbidigo // where the test servers are

// uniqueName is good for a database, a table, a topic and a key.
func uniqueName() string { return "e2e_" + strings.ToLower(rand.Text()[:10]) }

// infra tells scripts/infra what to do with one of the stores.
func infra(t *testing.T, verb, store string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "sh", "../../scripts/infra", verb, store).CombinedOutput()
	require.NoError(t, err, "infra %s %s: %s", verb, store, out)
}

// makeDatabase makes a database that is gone after the test.
func makeDatabase(t testing.TB, name string) string {
	t.Helper()
	db, err := sql.Open("pgx", server("POSTGRES_DSN"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err, "scripts/infra up starts the database")
	t.Cleanup(func() {
		defer func() { _ = db.Close() }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if _, err := db.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	dsn, err := url.Parse(server("POSTGRES_DSN"))
	require.NoError(t, err)
	dsn.Path = "/" + name
	return dsn.String()
}

// awaitLockWaiter returns when a statement of the database waits for a lock.
func awaitLockWaiter(t *testing.T, dsn string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	require.Eventually(t, func() bool {
		var waiting int
		err := db.QueryRowContext(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting)
		return err == nil && waiting > 0
	}, 10*time.Second, 10*time.Millisecond)
}
