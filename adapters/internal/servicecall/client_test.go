package servicecall

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/domain"
	"chatsystem/ports"
)

// service is the other side, as a transport: it answers the n-th request, from 0, with what answer returns.
type service struct {
	answer func(n int, r *http.Request) (*http.Response, error)

	mu       sync.Mutex
	requests []*http.Request
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	return s.answer(n, r)
}

func (s *service) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func answer(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

var errRefused = errors.New("connection refused")

// inBubble runs a test with a client of a service, in virtual time.
func inBubble(t *testing.T, respond func(n int, r *http.Request) (*http.Response, error), test func(t *testing.T, c *Client, s *service)) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answer: respond}
		c, err := New(Config{URL: "http://chat-service:8080/", Credential: "secret", Transport: s}, "chat service",
			domain.ErrConversationNotFound, domain.ErrClientMsgIDReused)
		require.NoError(t, err)
		test(t, c, s)
	})
}

var testCall = Call{Path: "/internal/x", Timeout: 3 * time.Second}

func do(t *testing.T, c *Client) error {
	_, err := c.Do(t.Context(), testCall, struct{}{}, nil)
	return err
}

func TestACall(t *testing.T) {
	respond := func(int, *http.Request) (*http.Response, error) { return answer(http.StatusCreated, `{"seq":7}`) }
	inBubble(t, respond, func(t *testing.T, c *Client, s *service) {
		var out serviceapi.Allocation
		status, err := c.Do(ports.WithRequestID(t.Context(), "request-1"), testCall, serviceapi.Refusal{Seq: 5}, &out)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, status)
		require.EqualValues(t, 7, out.Seq)
		r := s.requests[0]
		assert.Equal(t, "http://chat-service:8080/internal/x", r.URL.String())
		assert.Equal(t, "secret", r.Header.Get(serviceapi.CredentialHeader))
		assert.Equal(t, "request-1", r.Header.Get(serviceapi.RequestIDHeader))
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		body, err := r.GetBody()
		require.NoError(t, err)
		sent, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.JSONEq(t, `{"seq":5,"foreign":false}`, string(sent))
	})
}

func TestTransientFailuresAreRetried(t *testing.T) {
	for name, fail := range map[string]func() (*http.Response, error){
		"a refused connection": func() (*http.Response, error) { return nil, errRefused },
		"502":                  func() (*http.Response, error) { return answer(502, "<html>") },
		"503":                  func() (*http.Response, error) { return answer(503, `{"code":"unavailable"}`) },
		"504":                  func() (*http.Response, error) { return answer(504, "") },
		"half an answer": func() (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader("{"), brokenReader{}))}, nil
		},
	} {
		twice := func(n int, _ *http.Request) (*http.Response, error) {
			if n < 2 {
				return fail()
			}
			return answer(200, "{}")
		}
		t.Run(name+" twice is hidden", func(t *testing.T) {
			inBubble(t, twice, func(t *testing.T, c *Client, s *service) {
				began := time.Now()
				require.NoError(t, do(t, c))
				require.Equal(t, 3, s.calls())
				require.GreaterOrEqual(t, time.Since(began), (firstPause+2*firstPause)/2)
			})
		})
		always := func(int, *http.Request) (*http.Response, error) { return fail() }
		t.Run(name+" for good is unavailable after two retries", func(t *testing.T) {
			inBubble(t, always, func(t *testing.T, c *Client, s *service) {
				require.ErrorIs(t, do(t, c), domain.ErrUnavailable)
				require.Equal(t, 1+maxRetries, s.calls())
			})
		})
		t.Run(name+" is final for a call that must not be repeated", func(t *testing.T) {
			inBubble(t, always, func(t *testing.T, c *Client, s *service) {
				_, err := c.Do(t.Context(), Call{Path: "/", Timeout: time.Second, Once: true}, struct{}{}, nil)
				require.ErrorIs(t, err, domain.ErrUnavailable)
				require.Equal(t, 1, s.calls())
			})
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestRefusalsAreFinal(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		is     error // nil: no fault of the domain, so that it shows as a failure of ours
	}{
		"a fault the caller knows":        {404, `{"code":"conversation_not_found"}`, domain.ErrConversationNotFound},
		"another one":                     {409, `{"code":"client_msg_id_reused"}`, domain.ErrClientMsgIDReused},
		"a credential that is not good":   {403, `{"code":"forbidden"}`, domain.ErrUnavailable},
		"a path that the service has not": {404, `{"code":"route_not_found"}`, nil},
		"a body it does not take":         {422, `{"code":"validation_failed"}`, nil},
		"its bug":                         {500, `{"code":"internal"}`, nil},
		"a redirect":                      {302, "", nil},
		"a page":                          {404, "<html>", nil},
		"an answer of another form":       {200, "<html>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			respond := func(int, *http.Request) (*http.Response, error) { return answer(tc.status, tc.body) }
			inBubble(t, respond, func(t *testing.T, c *Client, s *service) {
				var out serviceapi.Allocation
				_, err := c.Do(t.Context(), testCall, struct{}{}, &out)
				require.Error(t, err)
				var fault *domain.Fault
				if tc.is != nil {
					require.ErrorIs(t, err, tc.is)
				} else {
					require.NotErrorAs(t, err, &fault)
				}
				require.Equal(t, 1, s.calls())
				require.NotContains(t, err.Error(), "secret")
			})
		})
	}
}

func TestRetriesAreAShareOfTheCalls(t *testing.T) {
	// Every second request fails: a call that may be retried succeeds.
	respond := func(n int, _ *http.Request) (*http.Response, error) {
		if n%2 == 0 {
			return nil, errRefused
		}
		return answer(200, "{}")
	}
	inBubble(t, respond, func(t *testing.T, c *Client, s *service) {
		const n = 1000
		for range n {
			_ = do(t, c)            // some fail, for want of a retry
			time.Sleep(time.Second) //nolint:forbidigo // in a bubble: the breaker's window passes
		}
		retries := s.calls() - n
		require.InDelta(t, n*retryShare+retryBurst, retries, 2)
	})
}

func TestADeadline(t *testing.T) {
	hang := func(_ int, r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	t.Run("of the call makes the service unavailable", func(t *testing.T) {
		inBubble(t, hang, func(t *testing.T, c *Client, s *service) {
			began := time.Now()
			err := do(t, c)
			require.ErrorIs(t, err, domain.ErrUnavailable)
			require.Equal(t, testCall.Timeout, time.Since(began))
			require.Equal(t, 1, s.calls())
		})
	})
	t.Run("of the caller counts if it is nearer", func(t *testing.T) {
		inBubble(t, hang, func(t *testing.T, c *Client, _ *service) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			_, err := c.Do(ctx, testCall, struct{}{}, nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NotErrorIs(t, err, domain.ErrUnavailable)
			require.Equal(t, time.Second, time.Since(began))
		})
	})
	t.Run("ends the pause before a retry", func(t *testing.T) {
		refuse := func(int, *http.Request) (*http.Response, error) { return nil, errRefused }
		inBubble(t, refuse, func(t *testing.T, c *Client, s *service) {
			began := time.Now()
			_, err := c.Do(t.Context(), Call{Path: "/", Timeout: time.Millisecond}, struct{}{}, nil)
			require.ErrorIs(t, err, domain.ErrUnavailable)
			require.Equal(t, time.Millisecond, time.Since(began))
			require.Equal(t, 1, s.calls())
		})
	})
}
