package servicecall

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// longestBreak is by when a breaker that opened lets a call try.
const longestBreak = time.Duration(float64(breakerPause) * (1 + breakerJitter))

// downFor runs a test with a client of a service that is down as long as down is set, once its breaker has opened.
func downFor(t *testing.T, test func(t *testing.T, c *Client, s *service, down *atomic.Bool)) {
	down := new(atomic.Bool)
	down.Store(true)
	respond := func(int, *http.Request) (*http.Response, error) {
		if down.Load() {
			return nil, errRefused
		}
		return answer(200, "{}")
	}
	inBubble(t, respond, func(t *testing.T, c *Client, s *service) {
		for range 2 * breakerCalls {
			require.ErrorIs(t, do(t, c), domain.ErrUnavailable)
		}
		require.ErrorContains(t, do(t, c), errOpen.Error())
		test(t, c, s, down)
	})
}

func TestAServiceThatIsDownIsLeftAlone(t *testing.T) {
	downFor(t, func(t *testing.T, c *Client, s *service, _ *atomic.Bool) {
		before, began := s.calls(), time.Now()
		for range 100 {
			require.ErrorIs(t, do(t, c), domain.ErrUnavailable)
		}
		require.Equal(t, before, s.calls())
		require.Zero(t, time.Since(began), "nobody waits")
	})
}

func TestAfterAPauseOneCallTries(t *testing.T) {
	t.Run("and if it works all calls are made again", func(t *testing.T) {
		downFor(t, func(t *testing.T, c *Client, s *service, down *atomic.Bool) {
			down.Store(false)
			time.Sleep(longestBreak) //nolint:forbidigo // in a bubble
			for range 10 {
				require.NoError(t, do(t, c))
			}
		})
	})
	t.Run("and if it fails none is made until after the next pause", func(t *testing.T) {
		downFor(t, func(t *testing.T, c *Client, s *service, _ *atomic.Bool) {
			time.Sleep(longestBreak) //nolint:forbidigo // in a bubble
			before := s.calls()
			for range 10 {
				require.ErrorIs(t, do(t, c), domain.ErrUnavailable)
			}
			require.Equal(t, before+1, s.calls())
		})
	})
	t.Run("and no other beside it", func(t *testing.T) {
		downFor(t, func(t *testing.T, c *Client, s *service, _ *atomic.Bool) {
			time.Sleep(longestBreak) //nolint:forbidigo // in a bubble
			release, tried := make(chan struct{}), make(chan error, 1)
			s.answer = func(int, *http.Request) (*http.Response, error) { <-release; return answer(200, "{}") }
			go func() { tried <- do(t, c) }()
			synctest.Wait()
			require.ErrorContains(t, do(t, c), errOpen.Error())
			close(release)
			require.NoError(t, <-tried)
			require.NoError(t, do(t, c))
		})
	})
	t.Run("and if its caller gives up another one does, later", func(t *testing.T) {
		downFor(t, func(t *testing.T, c *Client, s *service, _ *atomic.Bool) {
			time.Sleep(longestBreak) //nolint:forbidigo // in a bubble
			s.answer = func(_ int, r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			ctx, cancel := context.WithCancel(t.Context())
			gaveUp := make(chan error, 1)
			go func() { _, err := c.Do(ctx, testCall, struct{}{}, nil); gaveUp <- err }()
			synctest.Wait()
			cancel()
			require.ErrorIs(t, <-gaveUp, context.Canceled)
			s.answer = func(int, *http.Request) (*http.Response, error) { return answer(200, "{}") }
			time.Sleep(longestBreak) //nolint:forbidigo // in a bubble
			require.NoError(t, do(t, c))
		})
	})
}

func TestTheBreakerStaysClosed(t *testing.T) {
	for name, respond := range map[string]func(n int, r *http.Request) (*http.Response, error){
		"when the service refuses": func(int, *http.Request) (*http.Response, error) {
			return answer(404, `{"code":"conversation_not_found"}`)
		},
		"when one instance of two is gone": func(n int, _ *http.Request) (*http.Response, error) {
			if n%2 == 0 {
				return nil, errRefused
			}
			return answer(200, "{}")
		},
		"when callers give up": func(n int, r *http.Request) (*http.Response, error) { return nil, context.Canceled },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, respond, func(t *testing.T, c *Client, s *service) {
				for n := range 10 * breakerCalls {
					before := s.calls()
					_, err := c.Do(t.Context(), Call{Path: "/", Timeout: time.Second, Once: true}, struct{}{}, nil)
					require.Equal(t, before+1, s.calls(), "call %d was not made: %v", n, err)
				}
			})
		})
	}
}
