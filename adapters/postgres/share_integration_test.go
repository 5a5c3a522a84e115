//go:build integration

package postgres_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/domain"
)

// pair is two conversations in each of which a message waits to be settled.
type pair struct {
	db          *postgres.DB
	pool        *sql.DB
	user        domain.User
	settlements []domain.Settlement
}

func newPair(t *testing.T) pair {
	t.Parallel()
	dsn := newDatabase(t)
	db := open(t, dsn, time.Now)
	p := pair{db: db, pool: connect(t, dsn), user: coreOf(db).AddUser(t, "anna")}
	for range 2 {
		a, _, err := db.Allocate(t.Context(), domain.AllocationRequest{
			Conversation: coreOf(db).AddGroup(t, time.Now(), p.user), Sender: p.user.ID, ClientMsgID: uuid.NewString(),
		})
		require.NoError(t, err)
		last := domain.Pointer{ID: a.MessageID, Conversation: a.Conversation, Seq: 1, Sender: a.Sender, CreatedAt: a.CreatedAt, Preview: "Hello"}
		p.settlements = append(p.settlements, domain.Settlement{Conversation: a.Conversation, Seq: 1, State: domain.Published, Last: last})
	}
	require.Eventually(t, func() bool { return db.UnderWay() == 0 }, 10*time.Second, time.Millisecond)
	return p
}

// floor is the lowest seq of a conversation that is pending.
func (p pair) floor(t *testing.T, of int) domain.Seq {
	t.Helper()
	head, err := p.db.Head(t.Context(), p.user.ID, p.settlements[of].Conversation)
	require.NoError(t, err)
	return head.Floor
}

// Who holds a conversation holds only its own requests up, not those it would share a transaction with.
func TestAConversationThatSomebodyHoldsIsWaitedForAlone(t *testing.T) {
	p := newPair(t)
	held := lockConversation(t, p.pool, p.settlements[0].Conversation)
	settled := make(chan error, 1)
	go func() { settled <- p.db.Settle(t.Context(), p.settlements) }()
	require.Eventually(t, func() bool { return p.floor(t, 1) == 2 }, 10*time.Second, time.Millisecond)
	awaitWaiting(t, p.pool, 1)
	require.EqualValues(t, 1, p.floor(t, 0))
	require.Empty(t, settled)
	require.NoError(t, held.Rollback())
	require.NoError(t, <-settled)
	require.EqualValues(t, 2, p.floor(t, 0))
}

// What goes wrong in one conversation fails nobody else who shares the transaction.
func TestAConversationThatFailsFailsAlone(t *testing.T) {
	p := newPair(t)
	_, err := p.pool.ExecContext(t.Context(), `ALTER TABLE allocations ADD CONSTRAINT spoiled
		CHECK (state <> 'PUBLISHED' OR conversation_id <> '`+string(p.settlements[0].Conversation)+`')`)
	require.NoError(t, err)
	require.ErrorContains(t, p.db.Settle(t.Context(), p.settlements), "spoiled")
	require.EqualValues(t, 2, p.floor(t, 1))
	require.EqualValues(t, 1, p.floor(t, 0))
}
