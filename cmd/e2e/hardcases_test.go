//go:build e2e

package e2e

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/application/messages"
	"chatsystem/domain"
)

// hardCase is a conversation of two people on the real stores.
type hardCase struct {
	realLog
	ada, ben     domain.User
	conversation domain.ConversationID
}

func newHardCase(t *testing.T) hardCase {
	l := newRealLog(t, time.Now)
	h := hardCase{realLog: l, ada: l.core.AddUser(t, "ada"), ben: l.core.AddUser(t, "ben")}
	h.conversation = l.core.AddGroup(t, time.Now(), h.ada, h.ben)
	return h
}

func (h hardCase) draft(body string) domain.Draft {
	return domain.Draft{Conversation: h.conversation, Sender: h.ada.ID, ClientMsgID: "id-of-" + body, Body: body}
}

// read returns a page as Ben sees it.
func (h hardCase) read(t *testing.T, in messages.HistoryInput) domain.HistoryPage {
	t.Helper()
	in.Viewer, in.Conversation = h.ben.ID, string(h.conversation)
	page, err := messages.NewHistory(h.db, h.store).Execute(t.Context(), in)
	require.NoError(t, err)
	return page
}

// requireLog waits until everything is settled, and checks that history shows exactly these messages, next is the first seq
// above them, and as many are unread.
func (h hardCase) requireLog(t *testing.T, next domain.Seq, bodies ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		c, err := h.db.ViewConversation(t.Context(), h.ben.ID, h.conversation)
		return err == nil && c.Read.Settled == next-1 && c.Read.Unread == int64(len(bodies))
	}, 20*time.Second, 50*time.Millisecond, "all is settled, and counted")
	page := h.read(t, messages.HistoryInput{})
	got := []string{}
	for _, m := range page.Messages {
		got = append(got, m.Preview)
	}
	require.Equal(t, append([]string{}, bodies...), got)
	require.Equal(t, next, page.Next)
}

// reconcile runs the reconciler until it has finished what was left: it takes up what is five seconds old.
func (h hardCase) reconcile(t *testing.T) {
	t.Helper()
	uc := messages.NewReconcile(h.db, h.store, h, h.events, h.db, slog.New(slog.DiscardHandler))
	require.Eventually(t, func() bool {
		n, err := uc.Execute(t.Context())
		return assert.NoError(t, err) && n > 0
	}, 20*time.Second, 100*time.Millisecond)
}

// allocate takes a seq and goes no further, as a process does that dies.
func (h hardCase) allocate(t *testing.T, d domain.Draft) domain.Allocation {
	t.Helper()
	a, _, err := h.db.Allocate(t.Context(), domain.AllocationRequest{
		Conversation: d.Conversation, Sender: d.Sender, ClientMsgID: d.ClientMsgID, BodyHash: d.BodyHash(), Entropy: newEntropy(),
	})
	require.NoError(t, err)
	return a
}

func TestAVoidOvertakesASlowPut(t *testing.T) {
	h := newHardCase(t)
	release := h.store.hold()
	_, _, err := h.Append(t.Context(), h.draft("slow"))
	require.ErrorIs(t, err, domain.ErrUnavailable)
	release() // the put lands now, on the tombstone

	h.requireLog(t, 2)
	m, created, err := h.Append(t.Context(), h.draft("slow"))
	require.NoError(t, err)
	require.True(t, created)
	require.EqualValues(t, 2, m.Seq)
	h.requireLog(t, 3, "slow")
	require.Equal(t, []domain.Seq{2}, h.events.seqs())
}

func TestARetryAfterAVoidWhileTheOldPutStillLands(t *testing.T) {
	h := newHardCase(t)
	release := h.store.hold()
	_, _, err := h.Append(t.Context(), h.draft("twice"))
	require.ErrorIs(t, err, domain.ErrUnavailable)

	landed := make(chan struct{})
	go func() {
		defer close(landed)
		release()
	}()
	for range 5 { // while the old put lands, or before, or after
		m, _, err := h.Append(t.Context(), h.draft("twice"))
		if errors.Is(err, domain.ErrUnavailable) {
			continue // this one was held, too
		}
		require.NoError(t, err)
		require.Greater(t, m.Seq, domain.Seq(1))
	}
	<-landed
	m, created, err := h.Append(t.Context(), h.draft("twice"))
	require.NoError(t, err)
	require.False(t, created)
	h.requireLog(t, m.Seq+1, "twice")
}

func TestAPutOvertakesItsVoid(t *testing.T) {
	h := newHardCase(t)
	d := h.draft("just in time")
	a := h.allocate(t, d)
	_, err := h.store.Put(t.Context(), domain.PostMessage(d, a)) // whose answer is lost
	require.NoError(t, err)
	m, created, err := h.Append(t.Context(), d)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, a.MessageID, m.ID)
	h.requireLog(t, 2, "just in time")
}

func TestAReconcilerFindsATombstone(t *testing.T) {
	h := newHardCase(t)
	a := h.allocate(t, h.draft("lost"))
	_, err := h.store.Bury(t.Context(), h.conversation, a.Seq) // by a process that died before it could say so
	require.NoError(t, err)
	_, _, err = h.Append(t.Context(), h.draft("after it"))
	require.NoError(t, err)

	page := h.read(t, messages.HistoryInput{})
	require.EqualValues(t, 3, page.Next, "the run of entries reaches beyond the pending seq: its tombstone settles it")
	h.reconcile(t)
	h.requireLog(t, 3, "after it")
	require.NotContains(t, h.events.seqs(), a.Seq, "a void is not announced")
}

func TestAReconcilerFinishesWhatIsStoredAndWhatIsNot(t *testing.T) {
	h := newHardCase(t)
	stored := h.draft("stored")
	a := h.allocate(t, stored)
	_, err := h.store.Put(t.Context(), domain.PostMessage(stored, a))
	require.NoError(t, err)
	h.allocate(t, h.draft("never stored"))
	h.reconcile(t)
	h.requireLog(t, 3, "stored")
	require.Equal(t, []domain.Seq{1}, h.events.seqs())
}

func TestLatestStopsBelowAPendingSeq(t *testing.T) {
	h := newHardCase(t)
	_, _, err := h.Append(t.Context(), h.draft("one"))
	require.NoError(t, err)
	pending := h.draft("two")
	a := h.allocate(t, pending)
	_, _, err = h.Append(t.Context(), h.draft("three"))
	require.NoError(t, err)

	yes := true
	page := h.read(t, messages.HistoryInput{Latest: &yes})
	require.Len(t, page.Messages, 1)
	require.Equal(t, "one", page.Messages[0].Preview)
	require.EqualValues(t, 2, page.Next)
	require.False(t, page.HasMore)

	_, err = h.store.Put(t.Context(), domain.PostMessage(pending, a))
	require.NoError(t, err)
	page = h.read(t, messages.HistoryInput{Latest: &yes})
	require.Len(t, page.Messages, 3, "what is stored counts as soon as nothing is missing below it")
	require.EqualValues(t, 4, page.Next)
}

// A removal holds the conversation's lock when the allocation asks for it: the check comes after the lock, so the sender
// is found to be no member any more.
func TestARemovalComesBetweenLockAndCheck(t *testing.T) {
	h := newHardCase(t)
	locked, goOn := make(chan struct{}), make(chan struct{})
	holding := sync.OnceFunc(func() { close(locked) })
	removed := make(chan error, 1)
	go func() {
		_, err := h.db.ChangeConversation(t.Context(), h.conversation, func(c *domain.Conversation) error {
			holding()
			<-goOn
			return c.Remove(h.ada.ID, h.ben.ID)
		})
		removed <- err
	}()
	<-locked
	sent := make(chan error, 1)
	go func() {
		d := h.draft("too late")
		d.Sender = h.ben.ID
		_, _, err := h.Append(context.WithoutCancel(t.Context()), d)
		sent <- err
	}()
	awaitLockWaiter(t, h.dsn)
	close(goOn)
	require.NoError(t, <-removed)
	require.ErrorIs(t, <-sent, domain.ErrConversationNotFound)

	m, _, err := h.Append(t.Context(), h.draft("the first"))
	require.NoError(t, err)
	require.EqualValues(t, 1, m.Seq, "the refused message used up no seq")
}
