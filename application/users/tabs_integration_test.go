//go:build integration

package users_test

import (
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestTabsOnPostgres(t *testing.T) {
	runTabs(t, func(t *testing.T, clock ports.Clock) signInStore {
		cfg := postgres.Config{DSN: newDatabase(t)}
		require.NoError(t, postgres.Migrate(t.Context(), cfg, slog.New(slog.DiscardHandler)))
		db, err := postgres.Open(cfg, clock)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })
		return db
	})
}

// newDatabase makes an empty database, dropped when the test ends, and returns its address.
func newDatabase(t *testing.T) string {
	t.Helper()
	dsn, err := url.Parse(cmp.Or(os.Getenv("POSTGRES_DSN"), "postgres://chat:chat@127.0.0.1:15432/chat?sslmode=disable")) //nolint:forbidigo // where the test servers are
	require.NoError(t, err)
	server, err := sql.Open("pgx", dsn.String())
	require.NoError(t, err)
	name := "test_" + strings.ReplaceAll(portstest.NewUUID(), "-", "")
	_, err = server.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err, "scripts/infra up starts the database")
	t.Cleanup(func() {
		_, err := server.ExecContext(context.Background(), "DROP DATABASE "+name)
		assert.NoError(t, err)
		assert.NoError(t, server.Close())
	})
	dsn.Path = "/" + name
	return dsn.String()
}
