package messages_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// scripted is a message store whose Put and Bury can be replaced.
type scripted struct {
	ports.MessageStore
	put  func(ctx context.Context, m domain.Message) (domain.Entry, error)
	bury func(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error)
}

func (s *scripted) Put(ctx context.Context, m domain.Message) (domain.Entry, error) {
	if s.put != nil {
		return s.put(ctx, m)
	}
	return s.MessageStore.Put(ctx, m)
}

func (s *scripted) Bury(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error) {
	if s.bury != nil {
		return s.bury(ctx, c, seq)
	}
	return s.MessageStore.Bury(ctx, c, seq)
}

// hardCase is a log over parts that a test can break, with one conversation and one sender.
type hardCase struct {
	store   *scripted
	entries *memory.MessageStore
	seqs    *memory.Store
	log     *messages.SequencedLog
	draft   domain.Draft
	alarms  *strings.Builder

	announcer *messages.Announcer // not running, unless a test runs it
	heard     record
}

func newHardCase(t *testing.T) *hardCase {
	h := &hardCase{entries: memory.NewMessageStore(), seqs: memory.NewStore(time.Now), alarms: &strings.Builder{}}
	h.store = &scripted{MessageStore: h.entries}
	core := portstest.Core{Users: h.seqs, Conversations: h.seqs}
	u := core.AddUser(t, "ada")
	h.draft = domain.Draft{Conversation: core.AddGroup(t, time.Now(), u), Sender: u.ID, ClientMsgID: "c1", Body: "text"}
	alarms := slog.New(slog.NewTextHandler(h.alarms, &slog.HandlerOptions{Level: slog.LevelError}))
	h.announcer = messages.NewAnnouncer(&h.heard, h.seqs, alarms)
	h.log = messages.NewSequencedLog(h.seqs, h.store, freshEntropy, h.announcer, alarms)
	return h
}

// settled returns the seq up to which the conversation is settled, and its last one.
func (h *hardCase) settled(t *testing.T) (settled, last domain.Seq) {
	t.Helper()
	head, err := h.seqs.Head(t.Context(), h.draft.Sender, h.draft.Conversation)
	require.NoError(t, err)
	return head.Settled(), head.LastSeq
}

// slowly is an allocator that takes its time to allocate.
type slowly struct {
	ports.SequenceAllocator
	takes time.Duration
}

func (s slowly) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	select {
	case <-time.After(s.takes):
		return s.SequenceAllocator.Allocate(ctx, r)
	case <-ctx.Done():
		return domain.Allocation{}, false, ctx.Err()
	}
}

var errStore = errors.New("store is down")

func TestSequencedLogInHardCases(t *testing.T) {
	t.Run("a seq that was voided meanwhile is replaced within the request", func(t *testing.T) {
		h := newHardCase(t)
		_, err := h.entries.Bury(t.Context(), h.draft.Conversation, 1)
		require.NoError(t, err)
		m, created, err := h.log.Append(t.Context(), h.draft)
		require.NoError(t, err)
		assert.True(t, created)
		assert.EqualValues(t, 2, m.Seq)
		settled, _ := h.settled(t)
		assert.EqualValues(t, 1, settled, "the refused seq is closed, the new one pending until it is announced")
	})
	t.Run("a seq that holds another message is replaced, and an alarm is raised", func(t *testing.T) {
		h := newHardCase(t)
		other := domain.PostMessage(domain.Draft{Conversation: h.draft.Conversation, Body: "other"}, domain.Allocation{
			Seq: 1, MessageID: domain.NewMessageID(time.Now(), domain.MessageIDEntropy{}, 1),
		})
		_, err := h.entries.Put(t.Context(), other)
		require.NoError(t, err)
		m, _, err := h.log.Append(t.Context(), h.draft)
		require.NoError(t, err)
		assert.EqualValues(t, 2, m.Seq)
		assert.Contains(t, h.alarms.String(), "was not allocated to")
		view, err := h.seqs.ViewConversation(t.Context(), h.draft.Sender, h.draft.Conversation)
		require.NoError(t, err)
		assert.EqualValues(t, 1, view.Read.Unread, "the other message counts as one, not as a void")
	})
	t.Run("two refused seqs in a row are an error that may be repeated", func(t *testing.T) {
		h := newHardCase(t)
		for seq := range domain.Seq(2) {
			_, err := h.entries.Bury(t.Context(), h.draft.Conversation, seq+1)
			require.NoError(t, err)
		}
		_, _, err := h.log.Append(t.Context(), h.draft)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		m, _, err := h.log.Append(t.Context(), h.draft)
		require.NoError(t, err)
		assert.EqualValues(t, 3, m.Seq)
	})
	t.Run("a message that could not be stored has its seq voided at once; a retry gets a fresh one", func(t *testing.T) {
		h := newHardCase(t)
		h.store.put = func(context.Context, domain.Message) (domain.Entry, error) { return domain.Entry{}, errStore }
		_, _, err := h.log.Append(t.Context(), h.draft)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.ErrorIs(t, err, errStore)
		settled, last := h.settled(t)
		assert.Equal(t, last, settled, "nothing stays pending")
		h.store.put = nil
		m, created, err := h.log.Append(t.Context(), h.draft)
		require.NoError(t, err)
		assert.True(t, created)
		assert.EqualValues(t, 2, m.Seq)
	})
	t.Run("a seq is voided although allocating it and a store that hangs took all of the request's time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHardCase(t)
			h.store.put = func(ctx context.Context, _ domain.Message) (domain.Entry, error) {
				<-ctx.Done()
				return domain.Entry{}, ctx.Err()
			}
			h.store.bury = func(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error) {
				if err := ctx.Err(); err != nil {
					return domain.Entry{}, err
				}
				return h.entries.Bury(ctx, c, seq)
			}
			log := messages.NewSequencedLog(slowly{h.seqs, 2 * time.Second}, h.store, freshEntropy, h.announcer, slog.New(slog.DiscardHandler))
			began := time.Now()
			_, _, err := log.Append(t.Context(), h.draft)
			require.ErrorIs(t, err, domain.ErrUnavailable)
			assert.LessOrEqual(t, time.Since(began), 5*time.Second)
			settled, last := h.settled(t)
			assert.EqualValues(t, 1, last)
			assert.Equal(t, last, settled)
		})
	})
	t.Run("a put that failed after it took effect is a success", func(t *testing.T) {
		h := newHardCase(t)
		h.store.put = func(ctx context.Context, m domain.Message) (domain.Entry, error) {
			_, err := h.entries.Put(ctx, m)
			return domain.Entry{}, errors.Join(errStore, err)
		}
		m, created, err := h.log.Append(t.Context(), h.draft)
		require.NoError(t, err)
		assert.True(t, created)
		assert.EqualValues(t, 1, m.Seq)
	})
	t.Run("when the void fails, too, the seq stays pending for reconcile, and a retry may still store at it", func(t *testing.T) {
		h := newHardCase(t)
		h.store.put = func(context.Context, domain.Message) (domain.Entry, error) { return domain.Entry{}, errStore }
		h.store.bury = func(context.Context, domain.ConversationID, domain.Seq) (domain.Entry, error) {
			return domain.Entry{}, errStore
		}
		_, _, err := h.log.Append(t.Context(), h.draft)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		settled, last := h.settled(t)
		assert.Less(t, settled, last)
		h.store.put, h.store.bury = nil, nil
		m, created, err := h.log.Append(t.Context(), h.draft)
		require.NoError(t, err)
		assert.False(t, created, "the first request made it")
		assert.EqualValues(t, 1, m.Seq)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h.announcer.Run(ctx) // what it was given goes out before it ends
		assert.Equal(t, []domain.Seq{1}, h.heard.published, "who stored it announces it")
		settled, last = h.settled(t)
		assert.Equal(t, last, settled)
	})
	t.Run("a sender who gives up does not stop the message from being stored", func(t *testing.T) {
		h := newHardCase(t)
		ctx, giveUp := context.WithCancel(t.Context())
		h.store.put = func(ctx context.Context, m domain.Message) (domain.Entry, error) {
			giveUp()
			return h.entries.Put(ctx, m)
		}
		_, _, err := h.log.Append(ctx, h.draft)
		require.NoError(t, err)
	})
	t.Run("a store that hangs is given up, and voiding has time of its own", func(t *testing.T) {
		h := newHardCase(t)
		var left time.Duration
		h.store.put = func(ctx context.Context, _ domain.Message) (domain.Entry, error) {
			deadline, bounded := ctx.Deadline()
			assert.True(t, bounded)
			left = time.Until(deadline)
			return domain.Entry{}, context.DeadlineExceeded
		}
		h.store.bury = func(ctx context.Context, c domain.ConversationID, seq domain.Seq) (domain.Entry, error) {
			_, bounded := ctx.Deadline()
			assert.True(t, bounded)
			assert.NoError(t, ctx.Err())
			return h.entries.Bury(ctx, c, seq)
		}
		_, _, err := h.log.Append(t.Context(), h.draft)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		assert.LessOrEqual(t, left, 3*time.Second)
	})
}
