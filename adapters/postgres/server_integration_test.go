//go:build integration

package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/ports"
)

// template is a database with the whole schema and nothing in it, made once for this run: every test gets a copy.
var template struct {
	once sync.Once
	name string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if template.name != "" {
		if err := onServer(context.Background(), "DROP DATABASE IF EXISTS "+template.name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// serverDSN is where the test server is.
func serverDSN() string {
	if dsn := os.Getenv("POSTGRES_DSN"); dsn != "" { //nolint:forbidigo // where the test servers are
		return dsn
	}
	return "postgres://chat:chat@127.0.0.1:15432/chat?sslmode=disable"
}

// dsnOf returns the address of another database of the server.
func dsnOf(database string) string {
	u, err := url.Parse(serverDSN())
	if err != nil {
		panic("POSTGRES_DSN must be a URL")
	}
	u.Path = "/" + database
	return u.String()
}

func newName() string { return "test_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// onServer runs a statement that no transaction may hold.
func onServer(ctx context.Context, statement string) error {
	pool, err := sql.Open("pgx", serverDSN())
	if err != nil {
		return err
	}
	if _, err = pool.ExecContext(ctx, statement); err != nil {
		err = fmt.Errorf("%s: %w (start the servers with scripts/infra up)", statement, err)
	}
	return errors.Join(err, pool.Close())
}

// emptyDatabase makes a database without a schema and returns its address; it is dropped when the test ends.
func emptyDatabase(t testing.TB, options string) string {
	t.Helper()
	name := newName()
	require.NoError(t, onServer(t.Context(), "CREATE DATABASE "+name+options))
	t.Cleanup(func() { require.NoError(t, onServer(context.Background(), "DROP DATABASE "+name)) })
	return dsnOf(name)
}

// newDatabase makes a database with the schema and returns its address.
func newDatabase(t testing.TB) string {
	t.Helper()
	template.once.Do(func() {
		template.name = newName()
		if template.err = onServer(t.Context(), "CREATE DATABASE "+template.name); template.err == nil {
			template.err = postgres.Migrate(t.Context(), postgres.Config{DSN: dsnOf(template.name)}, slog.New(slog.DiscardHandler))
		}
	})
	require.NoError(t, template.err)
	return emptyDatabase(t, " TEMPLATE "+template.name)
}

// open returns the database at an address; it is closed when the test ends.
func open(t testing.TB, dsn string, clock ports.Clock) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(postgres.Config{DSN: dsn}, clock)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// connect returns connections past the adapter; they are closed when the test ends.
func connect(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	return pool
}
