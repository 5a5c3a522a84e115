package chats_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/application/chats"
	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// failingAfter is a store that is unavailable after some changes.
type failingAfter struct {
	ports.ConversationStore

	changes int
}

func (s *failingAfter) ChangeConversation(
	ctx context.Context, id domain.ConversationID, change func(*domain.Conversation) error,
) (domain.ConversationSnapshot, error) {
	if s.changes--; s.changes < 0 {
		return domain.ConversationSnapshot{}, fmt.Errorf("postgres: %w", domain.ErrUnavailable)
	}
	return s.ConversationStore.ChangeConversation(ctx, id, change)
}

// published is what was published.
type published struct{ events chan domain.Event }

func (p published) Publish(_ context.Context, events []domain.Event) error {
	for _, e := range events {
		p.events <- e
	}
	return nil
}

func idsOf(ids []domain.ConversationID) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return texts
}

func TestLeavingStopsWhereTheStoreIsUnavailable(t *testing.T) {
	f := newFixture(t, 4)
	store := &failingAfter{f.store, 2}
	events := published{make(chan domain.Event, 100)}
	notices := eventqueue.NewNotices(events, slog.New(slog.DiscardHandler))
	leave := chats.NewLeaveConversations(chats.NewRemoveMember(store, notices))

	departures, err := leave.Execute(t.Context(), viewer, idsOf(f.groups))
	require.NoError(t, err)
	for i, d := range departures {
		require.Equal(t, f.groups[i], d.Conversation)
		if i < 2 {
			require.Nil(t, d.Fault)
		} else {
			require.ErrorIs(t, d.Fault, domain.ErrUnavailable)
		}
	}
	_, err = leave.Execute(t.Context(), viewer, idsOf(f.groups))
	require.ErrorIs(t, err, domain.ErrUnavailable, "nothing could be left")

	store.changes = 100
	departures, err = leave.Execute(t.Context(), viewer, idsOf(f.groups))
	require.NoError(t, err)
	require.Equal(t, []domain.ConversationID{f.groups[2], f.groups[3]}, left(departures))

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); notices.Run(ctx) }()
	for range f.groups { // each leaving is told, as a single one is
		require.Equal(t, domain.EventMemberLeft, (<-events.events).Name)
	}
	cancel()
	<-done
}

// left returns the conversations that were left now.
func left(departures []chats.Departure) (ids []domain.ConversationID) {
	for _, d := range departures {
		if !d.NotMember && d.Fault == nil {
			ids = append(ids, d.Conversation)
		}
	}
	return ids
}
