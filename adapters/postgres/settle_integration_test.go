//go:build integration

package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// TestSettlingIsOneStatement settles what several conversations have got at once. Postgres notes with every row which
// transaction wrote it, and by its how-manieth command.
func TestSettlingIsOneStatement(t *testing.T) {
	t.Parallel()
	const conversations, each = 20, 10
	dsn := newDatabase(t)
	db, pool := open(t, dsn, time.Now), connect(t, dsn)
	sender := coreOf(db).AddUser(t, "anna")
	var settlements []domain.Settlement
	for range conversations {
		group := coreOf(db).AddGroup(t, time.Now(), sender)
		for range each {
			a, _, err := db.Allocate(t.Context(), domain.AllocationRequest{Conversation: group, Sender: sender.ID, ClientMsgID: uuid.NewString()})
			require.NoError(t, err)
			last := domain.Pointer{ID: a.MessageID, Conversation: group, Seq: a.Seq, Sender: sender.ID, CreatedAt: a.CreatedAt, Preview: "Hello"}
			settlements = append(settlements, domain.Settlement{Conversation: group, Seq: a.Seq, State: domain.Published, Last: last})
		}
	}
	require.Eventually(t, func() bool { return db.UnderWay() == 0 }, 10*time.Second, time.Millisecond)
	require.NoError(t, db.Settle(t.Context(), settlements))

	var rows, statements int
	require.NoError(t, pool.QueryRowContext(t.Context(), `SELECT count(*), count(DISTINCT (xmin::text, cmin::text)) FROM (
		SELECT xmin, cmin FROM allocations WHERE state = 'PUBLISHED'
		UNION ALL SELECT xmin, cmin FROM conversations WHERE last_message_seq = $1
		UNION ALL SELECT xmin, cmin FROM reads WHERE last_read_seq = $1) AS settled`, each).Scan(&rows, &statements))
	require.Equal(t, conversations*each+conversations+conversations, rows)
	require.Equal(t, 1, statements)
}
