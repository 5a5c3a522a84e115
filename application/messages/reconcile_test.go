package messages_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/application/messages"
	"chatsystem/domain"
)

// unfinished hands out the same allocations again and again, and counts how often it is asked.
type unfinished struct {
	mu    sync.Mutex
	left  []domain.Allocation
	fails bool
	asked int
}

func (u *unfinished) LeaseUnfinished(_ context.Context, _, _ time.Duration, limit int) ([]domain.Allocation, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	if u.fails {
		return nil, errors.New("database is down")
	}
	return u.left[:min(limit, len(u.left))], nil
}

// stubborn cannot resolve the allocations of one conversation.
type stubborn struct{ poisoned domain.ConversationID }

func (s stubborn) Resolve(_ context.Context, a domain.Allocation) (domain.Pointer, bool, error) {
	if a.Conversation == s.poisoned {
		return domain.Pointer{}, false, errors.New("cannot be read")
	}
	return domain.Pointer{Conversation: a.Conversation, Seq: a.Seq}, true, nil
}

func TestReconcile(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	t.Run("an allocation that cannot be finished does not keep the others", func(t *testing.T) {
		u := &unfinished{left: []domain.Allocation{
			{Conversation: "poison", Seq: 1, State: domain.Pending}, {Conversation: "fine", Seq: 7, State: domain.Pending},
		}}
		r := &record{}
		uc := messages.NewReconcile(u, memory.NewMessageStore(), stubborn{"poison"}, r, r, quiet)
		n, err := uc.Execute(t.Context())
		require.Error(t, err)
		assert.Equal(t, 2, n)
		assert.Equal(t, []domain.Seq{7}, r.published)
		assert.Equal(t, messages.Outcomes{Published: 1, Failed: 1}, uc.Outcomes())
	})
	t.Run("a message that is gone is counted whenever it is found, and logged once", func(t *testing.T) {
		u := &unfinished{left: []domain.Allocation{{Conversation: "c", Seq: 1, MessageID: "m1", State: domain.Stored}}}
		r, log := &record{}, &bytes.Buffer{}
		uc := messages.NewReconcile(u, memory.NewMessageStore(), stubborn{}, r, r, slog.New(slog.NewTextHandler(log, nil)))
		round := func() {
			_, err := uc.Execute(t.Context())
			require.NoError(t, err)
		}
		round()
		round()
		assert.Equal(t, 1, strings.Count(log.String(), "message is gone"))
		u.left = append(u.left, domain.Allocation{Conversation: "c", Seq: 5, MessageID: "m5", State: domain.Stored})
		round()
		assert.Equal(t, 2, strings.Count(log.String(), "message is gone"), "another one")
		assert.Equal(t, messages.Outcomes{Lost: 4}, uc.Outcomes())
		assert.Empty(t, r.published)
	})
	t.Run("it backs off while a part is down, also after a full batch", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := &unfinished{}
			for seq := range domain.Seq(200) {
				u.left = append(u.left, domain.Allocation{Conversation: "c", Seq: seq + 1, State: domain.Pending})
			}
			r := &record{}
			uc := messages.NewReconcile(u, memory.NewMessageStore(), stubborn{}, r, r, quiet)
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { uc.Run(ctx) })
			synctest.Wait()
			u.mu.Lock()
			u.fails, u.asked = true, 0
			u.mu.Unlock()
			pass(time.Minute)
			cancel()
			running.Wait()
			assert.LessOrEqual(t, u.asked, 16)
			assert.GreaterOrEqual(t, u.asked, 8, "what comes back is noticed within seconds")
		})
	})
}
