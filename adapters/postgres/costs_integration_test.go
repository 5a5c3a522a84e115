//go:build integration

package postgres_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// TestWhatAMessageCosts counts the rows that messages write which come one by one, and the room that they take.
func TestWhatAMessageCosts(t *testing.T) {
	t.Parallel()
	const messages = 1000
	dsn := newDatabase(t)
	pool := connect(t, dsn)
	db, err := postgres.Open(postgres.Config{DSN: dsn}, time.Now)
	require.NoError(t, err)
	core := coreOf(db)
	sender := core.AddUser(t, "anna")
	group := core.AddGroup(t, time.Now(), sender, core.AddUser(t, "ben"))
	require.NoError(t, db.Close()) // its connections report what they have written

	before := written(t, pool)
	db = open(t, dsn, time.Now)
	text := portstest.Ordinary()
	for range messages {
		a, _, err := db.Allocate(t.Context(), domain.AllocationRequest{
			Conversation: group, Sender: sender.ID, ClientMsgID: portstest.NewUUID(), Entropy: entropy(),
		})
		require.NoError(t, err)
		text.Conversation, text.Seq, text.ID, text.Sender, text.CreatedAt = group, a.Seq, a.MessageID, a.Sender, a.CreatedAt
		require.NoError(t, db.Settle(t.Context(), []domain.Settlement{{Conversation: group, Seq: a.Seq, State: domain.Published, Last: text}}))
	}
	require.NoError(t, db.Close())
	require.Eventually(t, func() bool { return written(t, pool) >= before+5*messages }, 10*time.Second, 10*time.Millisecond)
	portstest.Documented(t, "postgres-rows", float64(written(t, pool)-before)/messages, 0.02)

	var bytes float64
	require.NoError(t, pool.QueryRowContext(t.Context(), `SELECT pg_total_relation_size('allocations')`).Scan(&bytes))
	portstest.Documented(t, "postgres-bytes", bytes/messages, 0.3)
}

// written is how many rows were inserted or updated.
func written(t *testing.T, pool *sql.DB) (rows int) {
	t.Helper()
	require.NoError(t, pool.QueryRowContext(t.Context(), `SELECT sum(n_tup_ins + n_tup_upd) FROM pg_stat_user_tables`).Scan(&rows))
	return rows
}
