//go:build integration

package postgres_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/domain"
)

// crowd is a group whose conversation somebody holds locked, with one request under way, so that all others gather.
type crowd struct {
	t       *testing.T
	db      *postgres.DB
	pool    *sql.DB
	senders []domain.User
	group   domain.ConversationID
	lock    *sql.Tx
	running sync.WaitGroup
}

func newCrowd(t *testing.T, senders int) *crowd {
	t.Parallel()
	dsn := newDatabase(t)
	db := open(t, dsn, time.Now)
	c := &crowd{t: t, db: db, pool: connect(t, dsn), senders: coreOf(db).AddUsers(t, "sender", senders)}
	c.group = coreOf(db).AddGroup(t, time.Now(), c.senders...)
	c.lock = lockConversation(t, c.pool, c.group)
	c.ask(t.Context(), c.request(0))
	require.Eventually(t, func() bool { return db.UnderWay() == 1 && db.Waiting(c.group) == 0 }, 10*time.Second, time.Millisecond)
	awaitWaiting(t, c.pool, 1)
	return c
}

// got is what a request got.
type got struct {
	domain.Allocation
	created bool
	err     error
}

func (c *crowd) request(sender int) domain.AllocationRequest {
	return domain.AllocationRequest{Conversation: c.group, Sender: c.senders[sender].ID, ClientMsgID: uuid.NewString()}
}

// ask starts a request and returns where its outcome will be once the lock was released.
func (c *crowd) ask(ctx context.Context, r domain.AllocationRequest) *got {
	g := new(got)
	c.running.Go(func() { g.Allocation, g.created, g.err = c.db.Allocate(ctx, r) })
	return g
}

// gather waits until n requests wait behind the one under way.
func (c *crowd) gather(n int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return c.db.Waiting(c.group) == n }, 10*time.Second, time.Millisecond)
}

// release lets all requests go and waits for them.
func (c *crowd) release() {
	c.t.Helper()
	require.NoError(c.t, c.lock.Rollback())
	c.running.Wait()
}

// transactions returns how many made the allocations there are: each row knows its own.
func (c *crowd) transactions() (n int) {
	c.t.Helper()
	require.NoError(c.t, c.pool.QueryRowContext(c.t.Context(),
		`SELECT count(DISTINCT xmin::text) FROM allocations WHERE conversation_id = $1`, c.group).Scan(&n))
	return n
}

func (c *crowd) requireHead(last domain.Seq) {
	c.t.Helper()
	head, err := c.db.Head(c.t.Context(), c.senders[0].ID, c.group)
	require.NoError(c.t, err)
	require.Equal(c.t, domain.Head{Floor: 1, LastSeq: last}, head)
}

func TestRequestsThatComeTogetherShareATransaction(t *testing.T) {
	c := newCrowd(t, 64)
	var all []*got
	for i := 1; i < len(c.senders); i++ {
		all = append(all, c.ask(t.Context(), c.request(i)))
	}
	c.gather(63)
	c.release()
	seqs := map[domain.Seq]bool{}
	for _, g := range all {
		require.NoError(t, g.err)
		require.True(t, g.created)
		seqs[g.Seq] = true
	}
	assert.Len(t, seqs, 63)
	assert.Equal(t, 2, c.transactions(), "one for the first, one for those who came meanwhile")
	c.requireHead(64)
	require.Eventually(t, func() bool { return c.db.UnderWay() == 0 }, 10*time.Second, time.Millisecond, "nothing stays behind")
}

func TestAGroupIsBounded(t *testing.T) {
	c := newCrowd(t, 1)
	for range 2*postgres.MaxGroup + 1 {
		c.ask(t.Context(), c.request(0))
	}
	c.gather(2*postgres.MaxGroup + 1)
	c.release()
	assert.Equal(t, 4, c.transactions())
	c.requireHead(2*postgres.MaxGroup + 2)
}

func TestNoMoreThanSomeRequestsWait(t *testing.T) {
	c := newCrowd(t, 1)
	for range postgres.MaxWaiting {
		c.ask(t.Context(), c.request(0))
	}
	c.gather(postgres.MaxWaiting)
	_, _, err := c.db.Allocate(t.Context(), c.request(0))
	require.ErrorIs(t, err, domain.ErrUnavailable)
	c.release()
	c.requireHead(postgres.MaxWaiting + 1)
}

func TestWhoIsRefusedIsRefusedAlone(t *testing.T) {
	c := newCrowd(t, 4)
	stranger := c.request(0)
	stranger.Sender = domain.UserID(uuid.NewString())
	once := c.request(1)
	reused := once
	reused.BodyHash[0]++
	first := c.ask(t.Context(), once)
	c.gather(1)
	twin, other := c.ask(t.Context(), once), c.ask(t.Context(), stranger)
	c.gather(3)
	another, good := c.ask(t.Context(), reused), c.ask(t.Context(), c.request(2))
	c.gather(5)
	c.release()
	require.NoError(t, first.err)
	require.NoError(t, twin.err)
	require.NoError(t, good.err)
	require.ErrorIs(t, other.err, domain.ErrConversationNotFound)
	require.ErrorIs(t, another.err, domain.ErrClientMsgIDReused)
	assert.Equal(t, first.Allocation, twin.Allocation)
	assert.True(t, first.created)
	assert.False(t, twin.created, "one of the two made it")
	assert.True(t, good.created)
	assert.Equal(t, 2, c.transactions())
	c.requireHead(3)
}

func TestWhatCannotBeStoredFailsAlone(t *testing.T) {
	c := newCrowd(t, 2)
	good := c.ask(t.Context(), c.request(1))
	c.gather(1)
	for name, spoil := range map[string]func(*domain.AllocationRequest){
		"a sender that is no id":       func(r *domain.AllocationRequest) { r.Sender = "anna" },
		"a NUL":                        func(r *domain.AllocationRequest) { r.ClientMsgID = "a\x00b" },
		"no UTF-8":                     func(r *domain.AllocationRequest) { r.ClientMsgID = "a\xffb" },
		"a client_msg_id too long":     func(r *domain.AllocationRequest) { r.ClientMsgID = strings.Repeat("x", domain.MaxClientMsgIDBytes+1) },
		"a conversation that is no id": func(r *domain.AllocationRequest) { r.Conversation = "room" },
	} {
		r := c.request(1)
		spoil(&r)
		_, _, err := c.db.Allocate(t.Context(), r) // at once: it does not join the group
		require.Error(t, err, name)
	}
	c.release()
	require.NoError(t, good.err)
	c.requireHead(2)
}

func TestRefusedSeqsAreReplacedInAGroup(t *testing.T) {
	c := newCrowd(t, 3)
	c.release()
	old, _, err := c.db.Allocate(t.Context(), c.request(1))
	require.NoError(t, err)
	c.lock = lockConversation(t, c.pool, c.group)
	c.ask(t.Context(), c.request(0))
	awaitWaiting(t, c.pool, 1)
	again := domain.AllocationRequest{
		Conversation: c.group, Sender: old.Sender, ClientMsgID: old.ClientMsgID, Refused: domain.Refusal{Seq: old.Seq},
	}
	replaced, twin, beside := c.ask(t.Context(), again), c.ask(t.Context(), again), c.ask(t.Context(), c.request(2))
	c.gather(3)
	c.release()
	require.NoError(t, replaced.err)
	require.NoError(t, beside.err)
	require.Greater(t, replaced.Seq, old.Seq)
	require.Equal(t, replaced.Allocation, twin.Allocation)
	require.NotEqual(t, replaced.created, twin.created)
	var voids int
	require.NoError(t, c.pool.QueryRowContext(t.Context(), `SELECT count(*) FROM voids WHERE conversation_id = $1 AND seq = $2`, c.group, old.Seq).Scan(&voids))
	require.Equal(t, 1, voids)
	c.requireHead(5)
}

func TestWhoGoesWhileTheLockIsWaitedForGetsNoSeq(t *testing.T) {
	c := newCrowd(t, 3)
	ctx, leave := context.WithCancel(t.Context())
	gone, stays := c.ask(ctx, c.request(1)), c.ask(t.Context(), c.request(2))
	c.gather(2)
	leave()
	c.release()
	require.ErrorIs(t, gone.err, context.Canceled)
	require.NoError(t, stays.err)
	c.requireHead(2)
}

// When all callers of a group have gone, nobody holds a connection for them any longer.
func TestAGroupThatAllHaveLeftIsGivenUp(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	db, pool := open(t, dsn, time.Now), connect(t, dsn)
	u := coreOf(db).AddUser(t, "anna")
	group := coreOf(db).AddGroup(t, time.Now(), u)
	lock := lockConversation(t, pool, group)
	ctx, leave := context.WithCancel(t.Context())
	c := &crowd{t: t, db: db, pool: pool, senders: []domain.User{u}, group: group}
	c.ask(ctx, c.request(0))
	awaitWaiting(t, pool, 1)
	left := time.Now()
	leave()
	c.running.Wait()
	awaitWaiting(t, pool, 0)
	require.Less(t, time.Since(left), 4*time.Second, "the group's own time is longer")
	require.Eventually(t, func() bool { return db.UnderWay() == 0 }, 10*time.Second, time.Millisecond)
	require.NoError(t, lock.Rollback())
	c.requireHead(0)
}

// A connection that is lost fails a group as a whole and uses up no seq; the next one works.
func TestAGroupFailsAsAWhole(t *testing.T) {
	c := newCrowd(t, 2)
	kill := `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	waiting := c.ask(t.Context(), c.request(1))
	c.gather(1)
	_, err := c.pool.ExecContext(t.Context(), kill)
	require.NoError(t, err)
	awaitWaiting(t, c.pool, 1) // the second group
	c.release()
	require.NoError(t, waiting.err)
	require.EqualValues(t, 1, waiting.Seq, "the first group failed")
	c.requireHead(1)
}
