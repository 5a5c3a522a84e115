package sdk_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// chat is a fake server on a network in memory, inside a bubble of time that passes when nothing else happens.
type chat struct {
	*fakechat.Server
	t    *testing.T
	net  *http.Client
	over sdk.Transport // of its clients; empty: their own choice
}

// inBubble runs f in a bubble. Everything that was started must have ended when it returns.
func inBubble(t *testing.T, f func(t *testing.T, s *chat)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := fakechat.New()
		client, stop := fakechat.Serve(server)
		defer stop()
		f(t, &chat{Server: server, t: t, net: client})
	})
}

// overEach is inBubble for each transport.
func overEach(t *testing.T, f func(t *testing.T, s *chat)) {
	t.Helper()
	for _, transport := range []sdk.Transport{sdk.WebSocket, sdk.Polling} {
		t.Run(string(transport), func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				s.over = transport
				f(t, s)
			})
		})
	}
}

// client returns a signed-out client.
func (s *chat) client(opts ...sdk.Option) *sdk.Client {
	if s.over != "" {
		opts = append(opts, sdk.WithTransports(s.over))
	}
	c, err := sdk.New(fakechat.URL, append([]sdk.Option{sdk.WithHTTPClient(s.net)}, opts...)...)
	require.NoError(s.t, err)
	return c
}

// user adds a user and returns their signed-in client and id.
func (s *chat) user(name string, opts ...sdk.Option) (*sdk.Client, string) {
	id := s.AddUser(name)
	return s.login(name, opts...), id
}

func (s *chat) login(name string, opts ...sdk.Option) *sdk.Client {
	c := s.client(opts...)
	_, err := c.Login(s.t.Context(), name+"@example.com", "password")
	require.NoError(s.t, err)
	return c
}

// subscribe subscribes until the test ends.
func (s *chat) subscribe(c *sdk.Client, opts ...sdk.SubscribeOption) *sdk.Subscription {
	sub, err := c.Subscribe(s.t.Context(), opts...)
	require.NoError(s.t, err)
	return sub
}

// failing has every request to the route answered by these faults, one after the other, and served afterwards.
func (s *chat) failing(route string, faults ...fakechat.Fault) {
	requests := make(chan fakechat.Fault, len(faults))
	for _, f := range faults {
		requests <- f
	}
	s.SetFault(func(r *http.Request) fakechat.Fault {
		if r.Method+" "+r.URL.Path == route {
			select {
			case f := <-requests:
				return f
			default:
			}
		}
		return fakechat.Fault{}
	})
}

// down has every request to the route answered with 503.
func (s *chat) down(route string) {
	s.SetFault(func(r *http.Request) fakechat.Fault {
		if r.Method+" "+r.URL.Path == route {
			return fakechat.Fault{Status: http.StatusServiceUnavailable}
		}
		return fakechat.Fault{}
	})
}

// pass lets time pass in the bubble.
func pass(d time.Duration) { <-time.After(d) }

// take returns the previews of the next n messages.
func take(t *testing.T, sub *sdk.Subscription, n int) []string {
	t.Helper()
	var previews []string
	for range n {
		m, err := sub.Next(t.Context())
		require.NoError(t, err)
		previews = append(previews, m.Preview)
	}
	return previews
}

// quiet asserts that nothing more is handed out, however long one waits.
func quiet(t *testing.T, sub *sdk.Subscription) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longEnough)
	defer cancel()
	m, err := sub.Next(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded, "handed out: %+v", m)
}
