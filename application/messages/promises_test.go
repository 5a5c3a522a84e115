package messages_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// world is one run: senders and readers of one group, over a log whose parts fail all the time.
type world struct {
	t         *testing.T
	rng       *rand.Rand
	clock     *portstest.ManualClock
	chaos     *chaos
	broker    *broker
	store     *memory.Store
	group     domain.ConversationID
	people    []domain.User
	drafts    []domain.Draft
	acked     map[string]domain.Message // by client_msg_id
	send      *messages.SequencedLog
	reconcile *messages.Reconcile
	history   *messages.History
	readers   []reader
}

// reader is a client that resumes from the last seq it has seen.
type reader struct {
	last domain.Seq
	seen []domain.Pointer
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), clock: portstest.NewManualClock(),
		acked: map[string]domain.Message{}, readers: make([]reader, 3),
	}
	w.store = memory.NewStore(w.clock.Now)
	w.chaos = &chaos{Allocations: w.store, MessageStore: memory.NewMessageStore(), rng: w.rng}
	w.broker = &broker{chaos: w.chaos, published: map[domain.Seq]int{}}
	core := portstest.Core{Users: w.store, Conversations: w.store}
	w.people = []domain.User{core.AddUser(t, "ada"), core.AddUser(t, "ben")}
	w.group = core.AddGroup(t, w.clock.Now(), w.people...)

	quiet := slog.New(slog.DiscardHandler)
	idle := messages.NewAnnouncer(w.broker, w.chaos, quiet) // never run: what it is given is left to reconcile
	w.send = messages.NewSequencedLog(w.chaos, w.chaos, w.entropy, idle, quiet)
	w.reconcile = messages.NewReconcile(w.store, w.chaos, w.send, w.broker, w.chaos, quiet)
	w.history = messages.NewHistory(w.store, w.chaos)
	return w
}

func (w *world) entropy() (e domain.MessageIDEntropy) {
	for i := range e {
		e[i] = byte(w.rng.Uint32())
	}
	return e
}

// step does one thing that can happen.
func (w *world) step() {
	switch n := w.rng.IntN(20); {
	case n < 7:
		id := fmt.Sprintf("c%d", len(w.drafts))
		w.drafts = append(w.drafts, domain.Draft{Conversation: w.group, Sender: w.people[w.rng.IntN(2)].ID, ClientMsgID: id, Body: "text of " + id})
		w.post(w.drafts[len(w.drafts)-1])
	case n < 11 && len(w.drafts) > 0:
		w.post(w.drafts[w.rng.IntN(len(w.drafts))])
	case n < 14:
		w.chaos.happenOne()
	case n < 15:
		w.clock.Advance(time.Duration(w.rng.IntN(7)) * time.Second)
	case n < 16:
		w.chaos.dead = false
		_, _ = w.reconcile.Execute(w.t.Context())
	default:
		w.read(w.rng.IntN(len(w.readers)))
	}
}

// post sends a draft, perhaps not for the first time, from a process that may die on the way; then what the announcer
// does happens in part or not at all.
func (w *world) post(d domain.Draft) {
	w.chaos.dead = false
	m, created, err := w.send.Append(w.t.Context(), d)
	if err != nil {
		return
	}
	if first, ok := w.acked[d.ClientMsgID]; ok {
		require.Equal(w.t, first, m, "a retry returns the first message")
	}
	w.acked[d.ClientMsgID] = m
	if !created {
		return
	}
	for _, state := range []domain.AllocationState{domain.Stored, domain.Published} {
		if state == domain.Published && w.broker.Publish(w.t.Context(), []domain.Event{domain.MessageNew(m.Pointer)}) != nil {
			return
		}
		_ = w.chaos.Settle(w.t.Context(), []domain.Settlement{{Conversation: m.Conversation, Seq: m.Seq, State: state, Last: m.Pointer}})
	}
}

// read goes on from where a reader is.
func (w *world) read(i int) {
	r := &w.readers[i]
	limit, after := 1+w.rng.IntN(4), int64(r.last)
	page, err := w.history.Execute(w.t.Context(), messages.HistoryInput{
		Viewer: w.people[1].ID, Conversation: string(w.group), AfterSeq: &after, Limit: &limit,
	})
	require.NoError(w.t, err)
	require.GreaterOrEqual(w.t, page.Next, r.last+1)
	for _, p := range page.Messages {
		require.Greater(w.t, p.Seq, r.last, "history goes forward")
		r.seen = append(r.seen, p)
		r.last = p.Seq
	}
	r.last = page.Next - 1
}

// heal lets everything that is late happen, and reconciles until nothing is left.
func (w *world) heal() {
	w.chaos.healthy, w.chaos.dead = true, false
	for len(w.chaos.late) > 0 {
		w.chaos.happenOne()
	}
	for range 100 {
		w.clock.Advance(time.Minute)
		n, err := w.reconcile.Execute(w.t.Context())
		require.NoError(w.t, err)
		if n == 0 {
			return
		}
	}
	require.Fail(w.t, "reconcile does not come to an end")
}

// check holds the promises against what is there now.
func (w *world) check() {
	t, ctx := w.t, w.t.Context()
	head, err := w.store.Head(ctx, w.people[0].ID, w.group)
	require.NoError(t, err)
	require.Equal(t, head.LastSeq, head.Settled(), "everything is settled")

	entries, err := w.chaos.EntriesFrom(ctx, w.group, 1, int(head.LastSeq)+100)
	require.NoError(t, err)
	require.Len(t, entries, int(head.LastSeq), "I3: every seq is a message or a void, and none is beyond last_seq")
	var log []domain.Pointer
	clientIDs := map[string]bool{}
	for i, e := range entries {
		require.Equal(t, domain.Seq(i+1), e.Seq, "I3: dense")
		if e.Kind != domain.EntryMessage {
			continue
		}
		require.False(t, clientIDs[e.Pointer.ClientMsgID], "I2: %s is there once", e.Pointer.ClientMsgID)
		clientIDs[e.Pointer.ClientMsgID] = true
		assert.Positive(t, w.broker.published[e.Seq], "seq %d is announced", e.Seq)
		log = append(log, e.Pointer)
	}
	for id, m := range w.acked {
		assert.Equal(t, domain.MessageEntry(m.Pointer), entries[m.Seq-1], "I1: %s stays at its seq", id)
	}
	for i := range w.readers {
		for w.readers[i].last < head.LastSeq {
			w.read(i)
		}
		assert.Equal(t, log, w.readers[i].seen, "a reader that resumes from the last seq it saw misses nothing")
	}
	w.checkUnread(log)
}

func (w *world) checkUnread(log []domain.Pointer) {
	for _, u := range w.people {
		v, err := w.store.ViewConversation(w.t.Context(), u.ID, w.group)
		require.NoError(w.t, err)
		var unread int64
		for _, p := range log {
			if p.Seq > v.Read.LastRead {
				unread++
			}
		}
		assert.Equal(w.t, unread, v.Read.Unread, "I6: unread is exact")
		if len(log) > 0 {
			assert.Equal(w.t, log[len(log)-1].Seq, v.Last.Seq, "the list shows the last message")
		}
	}
}

// TestThePromisesHoldThroughEverything runs many random histories in which every call to the allocator, the store and the
// broker may fail before or after it took effect, take effect late, or kill the process. A failing seed replays alone:
// go test -run 'Through/seed_17$' ./application/messages
func TestThePromisesHoldThroughEverything(t *testing.T) {
	for seed := range uint64(400) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			for range 120 {
				w.step()
			}
			w.heal()
			w.check()
		})
	}
}
