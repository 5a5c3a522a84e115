package sdk_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

func TestSubscribeBeginsNow(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		s.Post(group, id, "before")

		sub := s.subscribe(c)
		require.Equal(t, int64(1), sub.Positions()[group].Seq, "the beginning is a position")
		s.Post(group, id, "at once")
		synctest.Wait()
		s.Post(group, id, "later")

		require.Equal(t, []string{"at once", "later"}, take(t, sub, 2))
		quiet(t, sub)
		sub.Close()
	})
}

func TestSubscribeWithABacklog(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group, empty := s.AddGroup("team", id), s.AddGroup("empty", id)
		for i := range 5 {
			s.Post(group, id, fmt.Sprint(i))
		}

		sub := s.subscribe(c, sdk.WithBacklog(2))
		defer sub.Close()
		require.Equal(t, []string{"3", "4"}, take(t, sub, 2))
		s.Post(empty, id, "first")

		require.Equal(t, []string{"first"}, take(t, sub, 1))
	})
}

func TestSubscribeHandsOutThePreviewForm(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()

		_, err := c.Send(t.Context(), group, strings.Repeat("x", 300)) // is heard of by its answer first
		require.NoError(t, err)

		m, err := sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("x", 200), m.Preview)
		require.True(t, m.HasMore)
		require.Empty(t, m.Body)
		quiet(t, sub)
	})
}

func TestAnOwnMessageIsHeardOfByItsAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.Mute(true)
		began := time.Now()

		_, err := c.Send(t.Context(), group, "mine")
		require.NoError(t, err)

		require.Equal(t, []string{"mine"}, take(t, sub, 1))
		require.Zero(t, time.Since(began))
	})
}

func TestSubscribeWaitsForTheServer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		began := time.Now()
		s.SetFault(func(*http.Request) fakechat.Fault { return fakechat.Fault{Drop: time.Since(began) < time.Hour} })
		var last atomic.Pointer[error]
		sub := s.subscribe(c, sdk.WithStateObserver(func(state sdk.ConnectionState) {
			if state.Err != nil {
				last.Store(&state.Err)
			}
		}))
		defer sub.Close()
		require.InDelta(t, time.Hour.Seconds(), time.Since(began).Seconds(), 10)
		require.NotNil(t, last.Load(), "why it takes so long can be seen")
		s.Post(group, id, "hello")
		require.Equal(t, []string{"hello"}, take(t, sub, 1))
	})
}

func TestSubscribeGivesUpWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		s.SetFault(func(*http.Request) fakechat.Fault { return fakechat.Fault{Status: 503} })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		_, err := c.Subscribe(ctx)

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, sdk.HasCode(err, sdk.CodeUnavailable), "and says what was wrong: %v", err)
	})
}

func TestSubscribeSignedOut(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		_, err := s.client().Subscribe(t.Context())
		require.ErrorIs(t, err, sdk.ErrSignedOut)
	})
}

func TestTheEndOfASubscription(t *testing.T) {
	tests := map[string]struct {
		end  func(sub *sdk.Subscription, cancel func())
		err  error
		next error
	}{
		"by Close":       {func(sub *sdk.Subscription, _ func()) { sub.Close(); sub.Close() }, nil, sdk.ErrSubscriptionClosed},
		"by its context": {func(_ *sdk.Subscription, cancel func()) { cancel() }, context.Canceled, context.Canceled},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, _ := s.user("ann")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				sub, err := c.Subscribe(ctx)
				require.NoError(t, err)
				synctest.Wait()

				tc.end(sub, cancel)

				for m := range sub.Messages() {
					require.Fail(t, "handed out", m)
				}
				_, open := <-sub.Events()
				require.False(t, open)
				_, err = sub.Next(t.Context())
				require.ErrorIs(t, err, tc.next)
				require.ErrorIs(t, sub.Err(), tc.err)
				require.Equal(t, sdk.ConnectionState{Phase: sdk.Closed, Err: sub.Err()}, sub.State())
			})
		})
	}
}
