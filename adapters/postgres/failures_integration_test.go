//go:build integration

package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3/lock"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/domain"
	"chatsystem/migrations"
	"chatsystem/ports/portstest"
)

// A server that is not there is a part that is down, for reads and for changes.
func TestAServerThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close()) // nobody listens there now
	u, err := url.Parse(dsnOf("chat"))
	require.NoError(t, err)
	u.Host = address
	db := open(t, u.String(), time.Now)
	require.ErrorIs(t, db.Ping(t.Context()), domain.ErrUnavailable)
	require.ErrorIs(t, db.Void(t.Context(), domain.ConversationID(portstest.NewUUID()), 1, domain.VoidTombstone), domain.ErrUnavailable)
}

// Connections that die are replaced: a restart of the server costs at most the calls that were running.
func TestDeadConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	db := open(t, dsn, time.Now)
	c := coreOf(db)
	u := c.AddUser(t, "anna")
	group := c.AddGroup(t, time.Now(), u)
	kill := connect(t, dsnOf("chat"))
	for range 3 {
		_, err := kill.ExecContext(t.Context(),
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, nameOf(t, dsn))
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := db.Head(t.Context(), u.ID, group)
			return err == nil
		}, 10*time.Second, 10*time.Millisecond)
	}
	require.EqualValues(t, 1, c.Post(t, u, group, "Hello").Seq)
}

// A conversation that somebody keeps locked holds a call up to its deadline and takes no seq.
func TestALockIsWaitedForUntilTheDeadline(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	db := open(t, dsn, time.Now)
	c := coreOf(db)
	u := c.AddUser(t, "anna")
	group := c.AddGroup(t, time.Now(), u)
	tx := lockConversation(t, connect(t, dsn), group)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, _, err := db.Allocate(ctx, domain.AllocationRequest{Conversation: group, Sender: u.ID, ClientMsgID: "once"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, tx.Rollback())
	head, err := db.Head(t.Context(), u.ID, group)
	require.NoError(t, err)
	require.Equal(t, domain.Head{Floor: 1}, head)
}

// A removal that is under way when a member asks for a seq counts: the lock is taken before the membership is read.
func TestWhoIsRemovedWhileWaitingGetsNoSeq(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	db := open(t, dsn, time.Now)
	c := coreOf(db)
	u := c.AddUser(t, "anna")
	group := c.AddGroup(t, time.Now(), u)
	pool := connect(t, dsn)
	tx := lockConversation(t, pool, group)
	asked := make(chan error, 1)
	go func() {
		_, _, err := db.Allocate(t.Context(), domain.AllocationRequest{Conversation: group, Sender: u.ID, ClientMsgID: "once"})
		asked <- err
	}()
	awaitWaiting(t, pool, 1)
	_, err := tx.ExecContext(t.Context(), `UPDATE memberships SET left_at = now() WHERE conversation_id = $1`, group)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.ErrorIs(t, <-asked, domain.ErrConversationNotFound)
}

// A transaction that Postgres gives up because of a deadlock runs again.
func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	db := open(t, dsn, time.Now)
	c := coreOf(db)
	u := c.AddUser(t, "anna")
	group := c.AddGroup(t, time.Now(), u)
	pool := connect(t, dsn)
	tx, err := pool.BeginTx(t.Context(), nil) // holds what the change comes to last, and then wants what the change holds
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `SELECT 1 FROM memberships WHERE conversation_id = $1 FOR UPDATE`, group)
	require.NoError(t, err)
	attempts := 0
	changed := make(chan error, 1)
	go func() {
		_, err := db.ChangeConversation(t.Context(), group, func(c *domain.Conversation) error {
			attempts++
			return c.Remove(u.ID, u.ID)
		})
		changed <- err
	}()
	awaitWaiting(t, pool, 1)
	_, mine := tx.ExecContext(t.Context(), `SELECT 1 FROM conversations WHERE conversation_id = $1 FOR UPDATE`, group)
	require.NoError(t, tx.Rollback())
	require.NoError(t, <-changed)
	if mine == nil { // who waits longer is given up: the change, unless this machine was very slow
		require.Equal(t, 2, attempts)
	}
}

// A settlement of many conversations waits for the one with the lowest id before it has locked any other, in whatever order
// it was given them: two of them cannot wait for each other in a circle.
func TestSettlingLocksConversationsInOrder(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	db := open(t, dsn, time.Now)
	c := coreOf(db)
	u := c.AddUser(t, "anna")
	var settlements []domain.Settlement
	for range 10 { // their ids ascend
		a, _, err := db.Allocate(t.Context(), domain.AllocationRequest{
			Conversation: c.AddGroup(t, time.Now(), u), Sender: u.ID, ClientMsgID: "once",
		})
		require.NoError(t, err)
		settlements = append(settlements, domain.Settlement{Conversation: a.Conversation, Seq: a.Seq, State: domain.Published, Last: domain.Pointer{
			Conversation: a.Conversation, ID: a.MessageID, Seq: a.Seq, Sender: u.ID, CreatedAt: a.CreatedAt, Preview: "Hello",
		}})
	}
	slices.Reverse(settlements)
	pool := connect(t, dsn)
	lowest := lockConversation(t, pool, settlements[9].Conversation)
	settled := make(chan error, 1)
	go func() { settled <- db.Settle(t.Context(), settlements) }()
	awaitWaiting(t, pool, 1)
	for _, s := range settlements[:9] {
		_, err := pool.ExecContext(t.Context(), `SELECT 1 FROM conversations WHERE conversation_id = $1 FOR UPDATE NOWAIT`, s.Conversation)
		require.NoError(t, err)
		_, err = pool.ExecContext(t.Context(), `SELECT 1 FROM allocations WHERE conversation_id = $1 FOR UPDATE NOWAIT`, s.Conversation)
		require.NoError(t, err)
	}
	require.NoError(t, lowest.Rollback())
	require.NoError(t, <-settled)
	for _, s := range settlements {
		head, err := db.Head(t.Context(), u.ID, s.Conversation)
		require.NoError(t, err)
		require.Equal(t, domain.Head{Floor: 2, LastSeq: 1}, head)
	}
}

// Nobody migrates while somebody else does.
func TestMigratingWaitsForTheLock(t *testing.T) {
	t.Parallel()
	cfg, quiet := postgres.Config{DSN: emptyDatabase(t, "")}, slog.New(slog.DiscardHandler)
	pool := connect(t, cfg.DSN)
	tx, err := pool.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `SELECT pg_advisory_xact_lock($1)`, lock.DefaultLockID)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	require.Error(t, postgres.Migrate(ctx, cfg, quiet))
	require.False(t, hasUsers(t, pool))
	require.NoError(t, tx.Rollback())
	require.NoError(t, postgres.Migrate(t.Context(), cfg, quiet))
	require.True(t, hasUsers(t, pool))
}

// hasUsers tells whether the first migration has been made.
func hasUsers(t *testing.T, pool *sql.DB) (there bool) {
	t.Helper()
	require.NoError(t, pool.QueryRowContext(t.Context(), `SELECT to_regclass('users') IS NOT NULL`).Scan(&there))
	return there
}

// Several that migrate at once: one does, the others wait, and the schema is there for all.
func TestMigratorsWaitForEachOther(t *testing.T) {
	t.Parallel()
	cfg, quiet := postgres.Config{DSN: emptyDatabase(t, "")}, slog.New(slog.DiscardHandler)
	errs := make([]error, 3)
	var running sync.WaitGroup
	for i := range errs {
		running.Go(func() { errs[i] = postgres.Migrate(t.Context(), cfg, quiet) })
	}
	running.Wait()
	require.NoError(t, errors.Join(errs...))
	steps, err := postgres.Migrations(t.Context(), cfg, quiet)
	require.NoError(t, err)
	files, err := fs.Glob(migrations.Postgres, "*.sql")
	require.NoError(t, err)
	require.Len(t, steps, len(files))
	for _, s := range steps {
		require.False(t, s.AppliedAt.IsZero(), s.Name)
	}
}

// A database that a later version has migrated is left alone.
// TestALaterSchemaIsLeftAlone: where migrating comes before every start, it must not stand in the way of taking a release back.
func TestALaterSchemaIsLeftAlone(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	_, err := connect(t, dsn).ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
	require.NoError(t, err)
	var log bytes.Buffer
	require.NoError(t, postgres.Migrate(t.Context(), postgres.Config{DSN: dsn}, slog.New(slog.NewTextHandler(&log, nil))))
	require.Contains(t, log.String(), "has=9999")
	require.NoError(t, open(t, dsn, time.Now).CheckSchema(t.Context()))
}

// lockConversation locks a conversation in a transaction of its own.
func lockConversation(t *testing.T, pool *sql.DB, id domain.ConversationID) *sql.Tx {
	t.Helper()
	tx, err := pool.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `SELECT 1 FROM conversations WHERE conversation_id = $1 FOR UPDATE`, id)
	require.NoError(t, err)
	return tx
}

// awaitWaiting waits until n statements wait for a lock.
func awaitWaiting(t *testing.T, pool *sql.DB, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waiting int
		err := pool.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		return err == nil && waiting == n
	}, 10*time.Second, 5*time.Millisecond)
}

// nameOf returns the name of the database at an address.
func nameOf(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	return u.Path[1:]
}
