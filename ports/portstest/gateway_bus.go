package portstest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunGatewayBus is the contract of ports.GatewayPublisher with the ports.GatewayInbox that receives from it.
func RunGatewayBus(t *testing.T, open func(testing.TB) (ports.GatewayPublisher, ports.GatewayInbox)) {
	t.Run("a gateway receives what is delivered to it, in order, and nothing else", func(t *testing.T) {
		publisher, inbox := open(t)
		first, second := receive(t, inbox, "gw-1"), receive(t, inbox, "gw-2")
		anna, bob := newUserID(), newUserID()
		want := []ports.Delivery{
			{Event: newEvent("a", 1), Users: []domain.UserID{anna, bob}},
			{Event: newEvent("b", 1), Users: []domain.UserID{bob}},
			{Event: newEvent("a", 2), Users: []domain.UserID{anna}},
		}
		require.NoError(t, publisher.Deliver(t.Context(), "gw-1", want[:2]))
		require.NoError(t, publisher.Deliver(t.Context(), "gw-1", want[2:]))
		require.NoError(t, publisher.Deliver(t.Context(), "gw-2", want[:1]))
		for _, d := range want {
			require.Equal(t, d, first.next(t))
		}
		require.Equal(t, want[0], second.next(t))
	})

	t.Run("it is told first that it is subscribed, and misses nothing from then on", func(t *testing.T) {
		publisher, inbox := open(t)
		require.NoError(t, publisher.Deliver(t.Context(), "gw-1", []ports.Delivery{{Event: newEvent("a", 1)}}))
		r := receive(t, inbox, "gw-1")
		require.NoError(t, publisher.Deliver(t.Context(), "gw-1", []ports.Delivery{{Event: newEvent("a", 2), Users: []domain.UserID{newUserID()}}}))
		require.EqualValues(t, 2, r.next(t).Event.Seq, "what came before is lost")
	})

	t.Run("a gateway that is gone is no error", func(t *testing.T) {
		publisher, inbox := open(t)
		receive(t, inbox, "gw-1").stop(t)
		for _, gw := range []domain.GatewayID{"gw-1", "gw-never"} {
			require.NoError(t, publisher.Deliver(t.Context(), gw, []ports.Delivery{{Event: newEvent("a", 1)}}))
		}
	})

	t.Run("a gateway can come back under its name", func(t *testing.T) {
		publisher, inbox := open(t)
		receive(t, inbox, "gw-1").stop(t)
		r := receive(t, inbox, "gw-1")
		require.NoError(t, publisher.Deliver(t.Context(), "gw-1", []ports.Delivery{{Event: newEvent("a", 1)}}))
		require.EqualValues(t, 1, r.next(t).Event.Seq)
	})

	t.Run("many publishers at once lose nothing, and each keeps its order", func(t *testing.T) {
		publisher, inbox := open(t)
		r := receive(t, inbox, "gw-1")
		const publishers, each = 5, 20
		names := []domain.ConversationID{"a", "b", "c", "d", "e"}
		errs := race(publishers, func(i int) error {
			for seq := domain.Seq(1); seq <= each; seq++ {
				d := []ports.Delivery{{Event: newEvent(names[i], seq)}}
				if err := publisher.Deliver(t.Context(), "gw-1", d); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, errors.Join(errs...))
		last := map[domain.ConversationID]domain.Seq{}
		for range publishers * each {
			e := r.next(t).Event
			require.Equal(t, last[e.Conversation]+1, e.Seq)
			last[e.Conversation] = e.Seq
		}
	})

	t.Run("deliveries are detached from what the publisher passed", func(t *testing.T) {
		publisher, inbox := open(t)
		r := receive(t, inbox, "gw-1")
		d := []ports.Delivery{{Event: newEvent("a", 1), Users: []domain.UserID{"anna"}}}
		require.NoError(t, publisher.Deliver(t.Context(), "gw-1", d))
		d[0].Users[0], d[0].Event.Seq = "forged", 2
		got := r.next(t)
		require.Equal(t, []domain.UserID{"anna"}, got.Users)
		require.EqualValues(t, 1, got.Event.Seq)
	})
}

// RunRevocationAnnouncer is the contract of ports.RevocationAnnouncer with the ports.GatewayInbox that hears of it.
func RunRevocationAnnouncer(t *testing.T, open func(testing.TB) (ports.RevocationAnnouncer, ports.GatewayInbox)) {
	t.Run("every gateway hears of revoked sessions", func(t *testing.T) {
		announcer, inbox := open(t)
		first, second := receive(t, inbox, "gw-1"), receive(t, inbox, "gw-2")
		ids := []domain.SessionID{newSessionID(), newSessionID()}
		want := slices.Clone(ids)
		require.NoError(t, announcer.AnnounceRevoked(t.Context(), ids, time.Minute))
		ids[0] = "forged"
		require.ElementsMatch(t, want, first.nextRevoked(t))
		require.ElementsMatch(t, want, second.nextRevoked(t))
	})

	t.Run("no gateway and no session is no error", func(t *testing.T) {
		announcer, inbox := open(t)
		require.NoError(t, announcer.AnnounceRevoked(t.Context(), []domain.SessionID{newSessionID()}, time.Minute))
		r := receive(t, inbox, "gw-1")
		require.NoError(t, announcer.AnnounceRevoked(t.Context(), nil, time.Minute))
		last := []domain.SessionID{newSessionID()}
		require.NoError(t, announcer.AnnounceRevoked(t.Context(), last, time.Minute))
		require.Equal(t, last, r.nextRevoked(t), "nothing is announced for nobody")
		require.Empty(t, r.deliveries)
	})
}

// RunRevocationReader is the contract of ports.RevocationReader. open returns the reader with a function that begins a
// session and one that revokes it.
func RunRevocationReader(t *testing.T, open func(testing.TB) (r ports.RevocationReader, begin func() domain.SessionID, revoke func(domain.SessionID))) {
	t.Run("it names those that ended, and no others", func(t *testing.T) {
		reader, begin, revoke := open(t)
		live, ended, alsoEnded, notAsked := begin(), begin(), begin(), begin()
		for _, id := range []domain.SessionID{ended, alsoEnded, notAsked} {
			revoke(id)
		}
		got, err := reader.Revoked(t.Context(), []domain.SessionID{alsoEnded, live, ended})
		require.NoError(t, err)
		require.ElementsMatch(t, []domain.SessionID{ended, alsoEnded}, got)
	})

	t.Run("asked for one it tells of that one", func(t *testing.T) {
		reader, begin, revoke := open(t)
		live, ended := begin(), begin()
		revoke(ended)
		got, err := reader.Revoked(t.Context(), []domain.SessionID{live})
		require.NoError(t, err)
		require.Empty(t, got)
		got, err = reader.Revoked(t.Context(), []domain.SessionID{ended})
		require.NoError(t, err)
		require.Equal(t, []domain.SessionID{ended}, got)
	})

	t.Run("asked for none it names none", func(t *testing.T) {
		reader, begin, revoke := open(t)
		revoke(begin())
		got, err := reader.Revoked(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}

func newSessionID() domain.SessionID { return domain.SessionID(NewUUID()) }

// receiver collects what a gateway receives.
type receiver struct {
	subscribed chan struct{}
	deliveries chan ports.Delivery
	revoked    chan []domain.SessionID
	cancel     context.CancelFunc
	ended      chan error
}

func (r *receiver) Subscribed()                            { r.subscribed <- struct{}{} }
func (r *receiver) Deliver(d ports.Delivery)               { r.deliveries <- d }
func (r *receiver) SessionsRevoked(ids []domain.SessionID) { r.revoked <- ids }

// receive starts to receive for a gateway, waits until it is subscribed, and stops at the end of the test.
func receive(t *testing.T, inbox ports.GatewayInbox, gw domain.GatewayID) *receiver {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &receiver{
		subscribed: make(chan struct{}, 1000), deliveries: make(chan ports.Delivery, 1000),
		revoked: make(chan []domain.SessionID, 1000), cancel: cancel, ended: make(chan error, 1),
	}
	go func() { r.ended <- inbox.Receive(ctx, gw, r) }()
	t.Cleanup(cancel)
	soon(t, r.subscribed)
	return r
}

// stop ends receiving, which must return the context's error.
func (r *receiver) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	require.ErrorIs(t, soon(t, r.ended), context.Canceled)
}

func (r *receiver) next(t *testing.T) ports.Delivery {
	t.Helper()
	return soon(t, r.deliveries)
}

func (r *receiver) nextRevoked(t *testing.T) []domain.SessionID {
	t.Helper()
	return soon(t, r.revoked)
}

// soon receives from a channel, or fails the test when that takes too long.
func soon[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case v := <-c:
		return v
	case <-timeout.C:
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}
