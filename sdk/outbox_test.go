package sdk_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

func TestOutboxKeepsTheOrderThroughTrouble(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		faults := []fakechat.Fault{{Drop: true}, {}, {LoseAnswer: true}, {Status: 503}, {}, {Status: 429, RetryAfter: 9}, {LoseAnswer: true}}
		s.failing("POST "+messagesPath(group), faults...)
		outbox := c.Outbox()
		defer outbox.Close()
		var deliveries []*sdk.Delivery
		for i := range 10 {
			d, err := outbox.Send(t.Context(), group, fmt.Sprint("m", i))
			require.NoError(t, err)
			deliveries = append(deliveries, d)
		}

		for i, d := range deliveries {
			m, err := d.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, int64(i+1), m.Seq)
			require.Equal(t, d.ClientMsgID, m.ClientMsgID)
		}
		require.Len(t, s.Messages(group), 10)
	})
}

func TestOutboxHasOneRequestInFlightPerConversation(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		one, two := s.AddGroup("one", id), s.AddGroup("two", id)
		var now [2]atomic.Int32
		var most, both atomic.Int32
		s.SetFault(func(r *http.Request) fakechat.Fault {
			if r.Method != http.MethodPost {
				return fakechat.Fault{}
			}
			i := 0
			if r.URL.Path == messagesPath(two) {
				i = 1
			}
			most.Store(max(most.Load(), now[i].Add(1)))
			both.Store(max(both.Load(), now[0].Load()+now[1].Load()))
			pass(time.Second)
			now[i].Add(-1)
			return fakechat.Fault{}
		})
		outbox := c.Outbox()
		defer outbox.Close()
		var last []*sdk.Delivery
		for range 3 {
			for _, group := range []string{one, two} {
				d, err := outbox.Send(t.Context(), group, "m")
				require.NoError(t, err)
				last = append(last, d)
			}
		}
		for _, d := range last {
			_, err := d.Wait(t.Context())
			require.NoError(t, err)
		}
		require.Equal(t, int32(1), most.Load())
		require.Equal(t, int32(2), both.Load(), "conversations do not wait for each other")
	})
}

func TestOutboxGoesOnAfterARefusedMessage(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		outbox := c.Outbox()
		defer outbox.Close()

		bad, err := outbox.Send(t.Context(), group, "")
		require.NoError(t, err)
		good, err := outbox.Send(t.Context(), group, "hello")
		require.NoError(t, err)

		_, err = bad.Wait(t.Context())
		require.True(t, sdk.HasCode(err, sdk.CodeValidationFailed))
		_, err = good.Wait(t.Context())
		require.NoError(t, err)
	})
}

func TestOutboxTriesUntilTheServerIsBack(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann", sdk.WithMaxAttempts(1))
		group := s.AddGroup("team", id)
		began := time.Now()
		s.SetFault(func(*http.Request) fakechat.Fault {
			return fakechat.Fault{Drop: time.Since(began) < time.Hour}
		})
		outbox := c.Outbox()
		defer outbox.Close()

		d, err := outbox.Send(t.Context(), group, "hello")
		require.NoError(t, err)
		_, err = d.Wait(t.Context())

		require.NoError(t, err)
		require.InDelta(t, time.Hour.Seconds(), time.Since(began).Seconds(), 5)
	})
}

func TestOutboxCancel(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		s.SetFault(func(*http.Request) fakechat.Fault { return fakechat.Fault{Drop: true} })
		outbox := c.Outbox()
		defer outbox.Close()
		var d [3]*sdk.Delivery
		for i := range d {
			var err error
			d[i], err = outbox.Send(t.Context(), group, fmt.Sprint(i))
			require.NoError(t, err)
		}
		pass(time.Minute) // the first is being tried

		d[1].Cancel()
		_, err := d[1].Wait(t.Context())
		require.ErrorIs(t, err, sdk.ErrCancelled, "at once, though it is not its turn")
		d[0].Cancel()
		_, err = d[0].Wait(t.Context())
		require.ErrorIs(t, err, sdk.ErrCancelled)
		s.SetFault(nil)
		m, err := d[2].Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(1), m.Seq)
		d[2].Cancel()
		_, err = d[2].Wait(t.Context())
		require.NoError(t, err, "done is done")
	})
}

func TestOutboxClose(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		s.SetFault(func(*http.Request) fakechat.Fault { return fakechat.Fault{Drop: true} })
		outbox := c.Outbox()
		d, err := outbox.Send(t.Context(), group, "hello")
		require.NoError(t, err)

		outbox.Close()
		outbox.Close()

		_, err = d.Wait(t.Context())
		require.ErrorIs(t, err, sdk.ErrOutboxClosed)
		_, err = outbox.Send(t.Context(), group, "hello")
		require.ErrorIs(t, err, sdk.ErrOutboxClosed)
	})
}

func TestOutboxIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		s.SetFault(func(*http.Request) fakechat.Fault { return fakechat.Fault{Drop: true} })
		outbox := c.Outbox()
		defer outbox.Close()
		for range 1000 {
			_, err := outbox.Send(t.Context(), group, "m")
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		_, err := outbox.Send(ctx, group, "one too many")

		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
