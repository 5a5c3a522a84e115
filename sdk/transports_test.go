package sdk_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

// blockWebSocket answers WebSocket handshakes as a proxy does that does not know them.
func (s *chat) blockWebSocket() {
	s.SetFault(func(r *http.Request) fakechat.Fault {
		if r.URL.Query().Get("transport") == "websocket" {
			return fakechat.Fault{Status: http.StatusForbidden}
		}
		return fakechat.Fault{}
	})
}

func TestWhereWebSocketIsBlockedPollingServes(t *testing.T) {
	tests := map[string]func(s *chat){
		"because a proxy refuses it":           (*chat).blockWebSocket,
		"because nothing comes back over it":   func(s *chat) { s.Deaf(1) },
		"because connections for it are reset": func(s *chat) { s.failing(socketRoute, fakechat.Fault{Drop: true}) },
	}
	for name, block := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				group := s.AddGroup("team", id)
				block(s)
				began := time.Now()
				sub := s.subscribe(c)
				defer sub.Close()
				pass(11 * time.Second)
				require.Equal(t, sdk.ConnectionState{Phase: sdk.Live, Transport: sdk.Polling}, sub.State())
				s.Post(group, id, "hello")

				require.Equal(t, []string{"hello"}, take(t, sub, 1))
				require.Equal(t, 11*time.Second, time.Since(began), "live")
			})
		})
	}
}

func TestAnotherTransportIsLeftWhenTheFirstWorksAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		s.blockWebSocket()
		sub := s.subscribe(c)
		defer sub.Close()
		pass(time.Hour)
		require.Equal(t, sdk.Polling, sub.State().Transport)
		require.Equal(t, 1, s.Connections(id), "it is kept meanwhile")

		s.SetFault(nil)
		pass(6 * time.Minute)

		require.Equal(t, sdk.WebSocket, sub.State().Transport)
		require.Equal(t, 1, s.Connections(id))
		s.Post(group, id, "hello")
		require.Equal(t, []string{"hello"}, take(t, sub, 1))
	})
}

func TestTheTransportThatWorkedIsTriedFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		s.blockWebSocket()
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.SetFault(nil)

		s.Cut(id)
		pass(time.Second)

		require.Equal(t, sdk.ConnectionState{Phase: sdk.Live, Transport: sdk.Polling}, sub.State())
	})
}

func TestAnAnswerToAPollThatIsLostIsNoticed(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		s.over = sdk.Polling
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		pass(time.Minute) // polls go over a connection that is kept
		s.failing(socketRoute, fakechat.Fault{LoseAnswer: true})
		s.Emit(id, "harmless", nil) // the poll after this one is lost
		synctest.Wait()
		s.Post(group, id, "hello")
		began := time.Now()

		require.Equal(t, []string{"hello"}, take(t, sub, 1))
		require.Less(t, time.Since(began), time.Second)
	})
}

func TestTooManyConnectionsAreNotTriedOtherwise(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		s.failing(socketRoute, fakechat.Fault{Status: http.StatusTooManyRequests, RetryAfter: 60})
		sub := s.subscribe(c)
		defer sub.Close()
		pass(59 * time.Second)
		require.Equal(t, 1, s.Requests(socketRoute))
		pass(2 * time.Second)
		require.Equal(t, 1, s.Connections(id))
	})
}

func TestProbe(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c := s.client()
		require.NoError(t, c.Probe(t.Context(), sdk.WebSocket))
		require.NoError(t, c.Probe(t.Context(), sdk.Polling))
		s.blockWebSocket()
		require.NoError(t, c.Probe(t.Context(), sdk.Polling))
		err := c.Probe(t.Context(), sdk.WebSocket)
		var refusal *sdk.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, http.StatusForbidden, refusal.Status)
		require.Error(t, c.Probe(t.Context(), "pigeon"))
	})
}

func TestAPollOutlastsTheTimeoutOfTheHTTPClient(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		s.over = sdk.Polling
		s.net.Timeout = 5 * time.Second
		c, _ := s.user("ann")
		var seen states
		sub := s.subscribe(c, seen.observe())
		defer sub.Close()
		pass(10 * time.Minute)
		require.Equal(t, []sdk.ConnectionPhase{sdk.Connecting, sdk.Live}, seen.phases())
	})
}
