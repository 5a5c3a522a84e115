package memory

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

func TestAFullEventBusMakesPublishersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newEventBus(2)
		published := make(chan error, 1)
		go func() { published <- bus.Publish(t.Context(), events(1, 2, 3)) }()
		synctest.Wait()
		require.Empty(t, published, "the third event has no room")

		batch, err := bus.Fetch(t.Context(), 1)
		require.NoError(t, err)
		require.EqualValues(t, 1, batch.Events[0].Seq)
		require.NoError(t, <-published)
		batch, err = bus.Fetch(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, batch.Events, 2)
	})
}

func TestAWaitingPublisherEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newEventBus(1)
		ctx, cancel := context.WithCancel(t.Context())
		published := make(chan error, 1)
		go func() { published <- bus.Publish(ctx, events(1, 2)) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-published, context.Canceled)
	})
}

// blockedGateway is slow with its first delivery, and records all it hears.
type blockedGateway struct {
	heard   chan string
	release chan struct{}
}

func (g *blockedGateway) Subscribed() { g.heard <- "subscribed" }

func (g *blockedGateway) Deliver(d ports.Delivery) {
	g.heard <- string(d.Event.Conversation)
	<-g.release
}

func (g *blockedGateway) SessionsRevoked([]domain.SessionID) { g.heard <- "revoked" }

func TestAnInboxThatOverflowsIsEmptiedAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := NewGatewayBus()
		g := &blockedGateway{heard: make(chan string, 100), release: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- bus.Receive(ctx, "gw", g) }()
		require.Equal(t, "subscribed", <-g.heard)

		deliver := func(names ...domain.ConversationID) {
			var deliveries []ports.Delivery
			for _, name := range names {
				deliveries = append(deliveries, ports.Delivery{Event: domain.Event{Conversation: name}})
			}
			require.NoError(t, bus.Deliver(t.Context(), "gw", deliveries))
		}
		deliver("first")
		require.Equal(t, "first", <-g.heard)
		deliver(make([]domain.ConversationID, inboxCapacity)...)
		require.NoError(t, bus.AnnounceRevoked(t.Context(), []domain.SessionID{"s"}, 0))
		deliver("after the gap")
		close(g.release)
		require.Equal(t, "subscribed", <-g.heard, "what was queued is lost, and the gateway knows")
		require.Equal(t, "after the gap", <-g.heard)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Empty(t, g.heard)
	})
}

func TestOnlyOneReceivesForAGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := NewGatewayBus()
		g := &blockedGateway{heard: make(chan string, 100)}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- bus.Receive(ctx, "gw", g) }()
		<-g.heard
		require.ErrorContains(t, bus.Receive(t.Context(), "gw", g), "already")
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func events(seqs ...domain.Seq) []domain.Event {
	all := make([]domain.Event, 0, len(seqs))
	for _, seq := range seqs {
		all = append(all, domain.Event{Conversation: "c", Seq: seq})
	}
	return all
}
