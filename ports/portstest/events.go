package portstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunEventBus is the contract of ports.EventPublisher with the ports.EventSource that receives from it. open returns
// both ends of a fresh bus.
func RunEventBus(t *testing.T, open func(testing.TB) (ports.EventPublisher, ports.EventSource)) {
	t.Run("an event arrives as it was published", func(t *testing.T) {
		publisher, source := open(t)
		message := domain.MessageNew(domain.Pointer{
			Conversation: domain.ConversationID(NewUUID()), ID: "01JGXXXXXXXXXXXXXXXX000001", Seq: 1, Sender: newUserID(),
			ClientMsgID: "c-1", Preview: "<é😀>", MembersVersion: 7, CreatedAt: time.Date(2026, 1, 7, 12, 34, 56, 789e6, time.UTC),
		})
		message.Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		other := domain.NewEvent(domain.EventMemberLeft, domain.ConversationID(NewUUID()), true, 3,
			[]domain.UserID{newUserID(), newUserID()}, domain.MemberPayload{MembersVersion: 3})
		require.NoError(t, publisher.Publish(t.Context(), []domain.Event{message, other}))
		require.ElementsMatch(t, []domain.Event{message, other}, fetchAll(t, source, 2, 10))
	})

	t.Run("the events of one conversation keep their order", func(t *testing.T) {
		publisher, source := open(t)
		const conversations, each = 5, 40
		errs := race(conversations, func(i int) error {
			id := domain.ConversationID(fmt.Sprintf("conversation-%d", i))
			for seq := domain.Seq(1); seq <= each; seq += 4 {
				batch := []domain.Event{newEvent(id, seq), newEvent(id, seq+1), newEvent(id, seq+2), newEvent(id, seq+3)}
				if err := publisher.Publish(t.Context(), batch); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, errors.Join(errs...))
		last := map[domain.ConversationID]domain.Seq{}
		for _, e := range fetchAll(t, source, conversations*each, 7) {
			require.Equal(t, last[e.Conversation]+1, e.Seq, "of %s", e.Conversation)
			last[e.Conversation] = e.Seq
		}
	})

	t.Run("fetching returns what is at hand, no more than asked for", func(t *testing.T) {
		publisher, source := open(t)
		events := []domain.Event{newEvent("a", 1), newEvent("a", 2), newEvent("a", 3)}
		require.NoError(t, publisher.Publish(t.Context(), events))
		require.Equal(t, events, fetchAll(t, source, 3, 1))
	})

	t.Run("publishing nothing is no work", func(t *testing.T) {
		publisher, _ := open(t)
		require.NoError(t, publisher.Publish(t.Context(), nil))
	})

	t.Run("fetching ends with its context, empty-handed", func(t *testing.T) {
		_, source := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		fetched := make(chan error, 1)
		var batch ports.EventBatch
		go func() {
			var err error
			batch, err = source.Fetch(ctx, 10)
			fetched <- err
		}()
		cancel()
		require.ErrorIs(t, <-fetched, context.Canceled)
		require.Empty(t, batch.Events)
	})

	t.Run("publishing with a context that has ended is an error", func(t *testing.T) {
		publisher, _ := open(t)
		require.Error(t, publisher.Publish(cancelled(t), []domain.Event{newEvent("a", 1)}))
	})
}

func newEvent(id domain.ConversationID, seq domain.Seq) domain.Event {
	return domain.Event{
		Name: domain.EventMessageNew, Conversation: id, Seq: seq, ToMembers: true, MembersVersion: 1,
		Payload:   json.RawMessage(fmt.Sprintf(`{"seq":%d}`, seq)),
		CreatedAt: time.Date(2026, 1, 7, 12, 34, 56, 789e6, time.UTC),
		Trace:     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}
}

// fetchAll fetches n events, at most max at a time, and reports each as done, the last of a batch first.
func fetchAll(t *testing.T, source ports.EventSource, n, max int) []domain.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	var events []domain.Event
	for len(events) < n {
		batch, err := source.Fetch(ctx, max)
		require.NoError(t, err, "after %d of %d events", len(events), n)
		require.LessOrEqual(t, len(batch.Events), max)
		for i := range batch.Events {
			events = append(events, batch.Events[i].Event)
			batch.Events[len(batch.Events)-1-i].Done()
		}
	}
	return events
}
