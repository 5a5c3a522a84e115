package sdk_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

const longEnough = 11 * time.Minute // two periodic lists

func TestNewRefusesABaseURLItCannotUse(t *testing.T) {
	for name, url := range map[string]string{
		"no scheme":      "chat.example.com",
		"another scheme": "ftp://chat.example.com",
		"no host":        "https://",
		"not a URL":      "http://%zz",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sdk.New(url)
			require.Error(t, err)
		})
	}
}

func TestRefusalsAreTyped(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")

		_, err := c.Conversation(t.Context(), "nothing")

		var e *sdk.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, http.StatusNotFound, e.Status)
		require.Equal(t, sdk.CodeConversationNotFound, e.Code)
		require.Equal(t, "It is conversation_not_found.", e.Detail)
		require.Equal(t, []sdk.FieldError{{Field: "field", Code: "rule", Detail: "The rule."}}, e.Fields)
		require.True(t, sdk.HasCode(err, sdk.CodeConversationNotFound))
		require.True(t, sdk.HasCode(err, sdk.CodeNotFound), "every 404")
		require.False(t, sdk.HasCode(err, sdk.CodeUserNotFound))
		require.False(t, sdk.HasCode(errors.New("another"), sdk.CodeNotFound))
	})
}

func TestAnAnswerOfSomethingBetweenIsAnErrorToo(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	}))
	defer proxy.Close()
	c, err := sdk.New(proxy.URL, sdk.WithHTTPClient(proxy.Client()), sdk.WithMaxAttempts(1))
	require.NoError(t, err)

	_, err = c.Login(t.Context(), "a", "b")

	var e *sdk.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, sdk.Error{Status: http.StatusBadGateway, Title: "Bad Gateway", RetryAfter: 3 * time.Second}, *e)
}

func TestAnIDCannotLeadElsewhere(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		for _, id := range []string{"", ".", "..", "../dm"} {
			_, err := c.Conversation(t.Context(), id)
			require.Error(t, err, "id %q", id)
		}
		require.Zero(t, s.Requests("GET /api/chats/conversations/"))
		require.Zero(t, s.Requests("GET /api/chats/conversations"))
	})
}

func TestReadsAreRepeated(t *testing.T) {
	const me = "GET /api/users/me"
	tests := map[string]struct {
		faults  []fakechat.Fault
		atLeast time.Duration
		fails   bool
	}{
		"after a lost connection":          {faults: []fakechat.Fault{{Drop: true}, {LoseAnswer: true}}},
		"after 5xx":                        {faults: []fakechat.Fault{{Status: 500}, {Status: 502}, {Status: 503}, {Status: 504}}},
		"when the server says so":          {faults: []fakechat.Fault{{Status: 429, RetryAfter: 7}}, atLeast: 7 * time.Second},
		"but not for ever":                 {faults: make5xx(5), fails: true},
		"but not after a refusal":          {faults: []fakechat.Fault{{Status: 403}}, fails: true},
		"but not if that would take hours": {faults: []fakechat.Fault{{Status: 503, RetryAfter: 3600}}, fails: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, _ := s.user("ann")
				s.failing(me, tc.faults...)
				began := time.Now()

				_, err := c.Me(t.Context())

				require.Equal(t, tc.fails, err != nil, "%v", err)
				require.GreaterOrEqual(t, time.Since(began), tc.atLeast)
				require.Less(t, time.Since(began), time.Minute)
			})
		})
	}
}

func TestWhatIsNotSafeToRepeatIsRepeatedOnlyIfNothingWasDone(t *testing.T) {
	const route = "POST /api/chats/conversations/group"
	tests := map[string]struct {
		fault fakechat.Fault
		tries int
	}{
		"turned away":            {fakechat.Fault{Status: http.StatusTooManyRequests, RetryAfter: 3}, 2},
		"the server is down":     {fakechat.Fault{Status: http.StatusServiceUnavailable}, 1},
		"the answer was lost":    {fakechat.Fault{LoseAnswer: true}, 1},
		"the connection is lost": {fakechat.Fault{Drop: true}, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, _ := s.user("ann")
				s.failing(route, tc.fault)

				_, err := c.CreateGroup(t.Context(), "team")

				require.Equal(t, tc.tries > 1, err == nil, "%v", err)
				require.Equal(t, tc.tries, s.Requests(route))
			})
		})
	}
}

func make5xx(n int) []fakechat.Fault {
	faults := make([]fakechat.Fault, n)
	for i := range faults {
		faults[i].Status = http.StatusServiceUnavailable
	}
	return faults
}

func TestARequestHasADeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann", sdk.WithRequestTimeout(2*time.Second), sdk.WithMaxAttempts(1))
		s.SetFault(func(r *http.Request) fakechat.Fault {
			<-r.Context().Done() // never answers
			return fakechat.Fault{Drop: true}
		})
		began := time.Now()

		_, err := c.Me(t.Context())

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 2*time.Second, time.Since(began))
	})
}

func TestACallEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		s.down("GET /api/users/me")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()

		_, err := c.Me(ctx)

		require.Error(t, err)
		require.LessOrEqual(t, time.Since(began), time.Second)
	})
}
