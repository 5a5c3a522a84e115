package chatclient_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/chatclient"
	"chatsystem/adapters/memory"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// lossy makes requests and loses the answers to the first of them.
type lossy struct {
	http.RoundTripper
	lose, requests atomic.Int32
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	l.requests.Add(1)
	res, err := l.RoundTripper.RoundTrip(r)
	if err == nil && l.lose.Add(-1) >= 0 {
		return nil, errors.Join(errors.New("connection reset"), res.Body.Close())
	}
	return res, err
}

// newLossy returns a client whose first answers are lost, and what it makes its requests with.
func newLossy(t *testing.T, store *memory.Store, lost int32) (*chatclient.Client, *lossy) {
	t.Helper()
	l := &lossy{RoundTripper: chatclient.NewTransport()}
	l.lose.Store(lost)
	c, err := chatclient.New(chatclient.Config{URL: serve(t, store), Credential: credential, Transport: l})
	require.NoError(t, err)
	return c, l
}

func TestARetryAfterALostAnswerFindsWhatWasAllocated(t *testing.T) {
	store := memory.NewStore(time.Now)
	c, l := newLossy(t, store, 2)
	core := coreOf(store, c)
	anna := core.AddUser(t, "anna")
	r := domain.AllocationRequest{Conversation: core.AddGroup(t, time.Now(), anna), Sender: anna.ID, ClientMsgID: "once"}
	a, created, err := c.Allocate(t.Context(), r)
	require.NoError(t, err)
	require.EqualValues(t, 1, a.Seq)
	require.False(t, created)
	require.EqualValues(t, 3, l.requests.Load())

	again, _, err := c.Allocate(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, a, again)
	head, err := store.Head(t.Context(), anna.ID, r.Conversation)
	require.NoError(t, err)
	require.Equal(t, domain.Head{Floor: 1, LastSeq: 1}, head)
}

func TestALeaseIsNotAskedForTwice(t *testing.T) {
	clock := portstest.NewManualClock()
	store := memory.NewStore(clock.Now)
	c, l := newLossy(t, store, 0)
	core := coreOf(store, c)
	anna := core.AddUser(t, "anna")
	core.Post(t, anna, core.AddGroup(t, clock.Now(), anna), "Hello")
	clock.Advance(time.Minute)
	l.lose.Store(1)
	before := l.requests.Load()
	_, err := c.LeaseUnfinished(t.Context(), time.Second, 10*time.Second, 10)
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.Equal(t, before+1, l.requests.Load())

	clock.Advance(10 * time.Second)
	leased, err := c.LeaseUnfinished(t.Context(), time.Second, 10*time.Second, 10)
	require.NoError(t, err)
	require.Len(t, leased, 1)
}

func TestLongListsAreSplit(t *testing.T) {
	store := memory.NewStore(time.Now)
	c, l := newLossy(t, store, 0)
	core := coreOf(store, c)
	anna := core.AddUser(t, "anna")
	var ids []domain.ConversationID
	var settlements []domain.Settlement
	for range 750 {
		id := core.AddGroup(t, time.Now(), anna)
		a, _, err := store.Allocate(t.Context(), domain.AllocationRequest{Conversation: id, Sender: anna.ID, ClientMsgID: "once"})
		require.NoError(t, err)
		ids = append(ids, id)
		settlements = append(settlements, domain.Settlement{
			Conversation: id, Seq: a.Seq, State: domain.Stored, Last: domain.Pointer{ID: a.MessageID, Sender: anna.ID, CreatedAt: a.CreatedAt},
		})
	}
	sets, err := c.Members(t.Context(), append(ids, "never given out"))
	require.NoError(t, err)
	require.Len(t, sets, 750)
	require.EqualValues(t, 2, l.requests.Load())

	_, err = c.Members(t.Context(), ids[:256])
	require.NoError(t, err)
	require.EqualValues(t, 3, l.requests.Load(), "a batch of fan-out takes one")

	require.NoError(t, c.Settle(t.Context(), settlements))
	require.EqualValues(t, 5, l.requests.Load())
	for _, id := range ids {
		head, err := store.Head(t.Context(), anna.ID, id)
		require.NoError(t, err)
		require.EqualValues(t, 1, head.Settled())
	}
}

// What a user is told of a wrong setting is that the service cannot do this now, not that the user may not.
func TestAWrongCredentialIsNoFaultOfTheUser(t *testing.T) {
	store := memory.NewStore(time.Now)
	c, err := chatclient.New(chatclient.Config{URL: serve(t, store), Credential: "wrong"})
	require.NoError(t, err)
	_, err = c.Members(t.Context(), []domain.ConversationID{domain.ConversationID(portstest.NewUUID())})
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.NotErrorIs(t, err, domain.ErrForbidden)
	require.ErrorContains(t, err, "SERVICE_SECRET_FILE")
}

func TestSettingsAreCheckedBeforeUse(t *testing.T) {
	_, err := chatclient.New(chatclient.Config{URL: "chat-service:8080"})
	require.ErrorContains(t, err, "url must be")
	require.ErrorContains(t, err, "credential is required")
}
