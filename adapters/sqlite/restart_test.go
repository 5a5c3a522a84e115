package sqlite_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// published records the seqs of what was published.
type published []domain.Seq

func (p *published) Publish(_ context.Context, events []domain.Event) error {
	for _, e := range events {
		*p = append(*p, e.Seq)
	}
	return nil
}

// A process that dies between storing a message and announcing it leaves the event to its successor.
func TestWhatWasNotPublishedIsPublishedAfterARestart(t *testing.T) {
	clock := portstest.NewManualClock()
	path := filepath.Join(t.TempDir(), "chat.db")
	first := openFile(t, path, clock.Now)
	c := coreOf(first)
	ada := c.AddUser(t, "ada")
	id := c.AddGroup(t, clock.Now(), ada)
	c.Post(t, ada, id, "one")
	c.Post(t, ada, id, "two")
	require.NoError(t, first.Settle(t.Context(), []domain.Settlement{{Conversation: id, Seq: 1, State: domain.Published}}))
	require.NoError(t, first.Close())

	clock.Advance(time.Minute)
	second := openFile(t, path, clock.Now)
	var events published
	reconcile := messages.NewReconcile(second, second, messages.NothingPending{}, &events, second, slog.New(slog.DiscardHandler))
	n, err := reconcile.Execute(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, published{2}, events)
	clock.Advance(time.Minute)
	n, err = reconcile.Execute(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "once")
}
