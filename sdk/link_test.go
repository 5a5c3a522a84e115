package sdk_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

const socketRoute = "GET /ws/socket.io/"

// states records a connection's states.
type states struct {
	mu   sync.Mutex
	seen []sdk.ConnectionPhase
}

func (s *states) observe() sdk.SubscribeOption {
	return sdk.WithStateObserver(func(state sdk.ConnectionState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, state.Phase)
	})
}

func (s *states) phases() []sdk.ConnectionPhase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sdk.ConnectionPhase(nil), s.seen...)
}

func TestTheConnectionComesBack(t *testing.T) {
	overEach(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		var seen states
		sub := s.subscribe(c, seen.observe())
		defer sub.Close()
		synctest.Wait()
		require.Equal(t, sdk.Live, sub.State().Phase)

		s.Cut(id)
		pass(time.Second)

		require.Equal(t, sdk.Live, sub.State().Phase)
		require.Equal(t, 1, s.Connections(id))
		require.Equal(t, []sdk.ConnectionPhase{sdk.Connecting, sdk.Live, sdk.Offline, sdk.Connecting, sdk.Live}, seen.phases())
	})
}

func TestReconnectingBacksOff(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann", sdk.WithTransports(sdk.WebSocket))
		s.down(socketRoute)
		sub := s.subscribe(c)
		defer sub.Close()
		pass(time.Hour)

		require.Equal(t, sdk.Offline, sub.State().Phase)
		require.Error(t, sub.State().Err)
		require.Less(t, s.Requests(socketRoute), 800)
		require.Greater(t, s.Requests(socketRoute), 300)

		s.SetFault(nil)
		pass(15 * time.Second)
		require.Equal(t, 1, s.Connections(id))

		pass(time.Minute)
		s.Cut(id)
		pass(time.Second)
		require.Equal(t, 1, s.Connections(id), "a connection that was good comes back at once")
	})
}

func TestAHealthyConnectionStays(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, _ := s.user("ann")
		var seen states
		sub := s.subscribe(c, seen.observe())
		defer sub.Close()
		pass(10 * time.Hour) // pings, and tokens of 15 minutes
		require.Equal(t, []sdk.ConnectionPhase{sdk.Connecting, sdk.Live}, seen.phases())
		require.Equal(t, 1, s.Requests(socketRoute))
	})
}

func TestASilentServerIsLeft(t *testing.T) {
	overEach(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.Silence(id)
		s.Post(group, id, "lost")
		began := time.Now()

		require.Equal(t, []string{"lost"}, take(t, sub, 1))

		require.InDelta(t, 45, time.Since(began).Seconds(), 1, "ping interval and timeout")
	})
}

func TestAConnectionThatNeverAuthenticatesIsLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		s.Deaf(1)
		sub := s.subscribe(c)
		defer sub.Close()
		pass(9 * time.Second)
		require.Equal(t, 1, s.Requests(socketRoute))
		pass(2 * time.Second)
		require.Equal(t, 1, s.Connections(id))
	})
}

func TestAnExpiredTokenOnTheSocket(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.Mute(true)
		s.Post(group, id, "missed")
		s.Mute(false)

		s.Emit(id, "error", map[string]string{"code": "token_expired", "message": "expired"})
		s.SendFrame(id, fakechat.CloseFrame)

		require.Equal(t, []string{"missed"}, take(t, sub, 1))
		require.Equal(t, 1, s.Requests(refreshRoute), "the server's clock decides")
		require.Equal(t, 2, s.Requests(socketRoute))
	})
}

func TestTokensAreRenewedWhileTheServerIsInTrouble(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.down(refreshRoute)
		pass(30 * time.Minute) // the server ends the connection meanwhile
		require.Zero(t, s.Connections(id))
		require.Less(t, s.Requests(refreshRoute), 30*60, "with pauses")

		s.SetFault(nil)
		pass(time.Minute)

		require.Equal(t, 1, s.Connections(id))
		require.NoError(t, sub.Err())
	})
}

func TestARevokedSessionEndsTheSubscription(t *testing.T) {
	overEach(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		sub := s.subscribe(c)
		synctest.Wait()

		s.RevokeSessions(id)
		began := time.Now()

		_, err := sub.Next(t.Context())
		require.ErrorIs(t, err, sdk.ErrSignedOut)
		require.ErrorIs(t, sub.Err(), sdk.ErrSignedOut)
		require.Less(t, time.Since(began), time.Second)
		requests := s.Requests(socketRoute)
		pass(time.Hour)
		require.Equal(t, requests, s.Requests(socketRoute))
	})
}

func TestLogoutEndsTheSubscription(t *testing.T) {
	overEach(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		sub := s.subscribe(c)
		synctest.Wait()

		require.NoError(t, c.Logout(t.Context()))
		s.RevokeSessions(id) // closes the sockets, as the server does

		_, err := sub.Next(t.Context())
		require.ErrorIs(t, err, sdk.ErrSignedOut)
	})
}

func TestStrangeFramesDoNoHarm(t *testing.T) {
	for name, frame := range map[string]string{
		"a noop":               "6",
		"another namespace":    `42/ws,["error",{"code":"x"}]`,
		"an answer":            "4317[]",
		"a pong":               `42["pong"]`,
		"an event of no name":  "42[]",
		"no packet":            "xyz",
		"a close":              "1",
		"an error of no shape": `42["error"]`,
		"a refused namespace":  `44{"message":"no"}`,
		"a binary event":       `451-["file",{"_placeholder":true,"num":0}]`,
	} {
		t.Run(name, func(t *testing.T) {
			overEach(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				group := s.AddGroup("team", id)
				sub := s.subscribe(c)
				defer sub.Close()
				synctest.Wait()

				s.SendFrame(id, frame)
				pass(time.Second)
				s.Post(group, id, "hello")

				require.Equal(t, []string{"hello"}, take(t, sub, 1))
				require.Equal(t, sdk.Live, sub.State().Phase)
				quiet(t, sub)
			})
		})
	}
}

func TestEveryMessageOnceAndInOrderThroughChaos(t *testing.T) {
	overEach(t, func(t *testing.T, s *chat) {
		ann, annID := s.user("ann")
		bob, bobID := s.user("bob")
		groups := []string{s.AddGroup("one", annID, bobID), s.AddGroup("two", bobID, annID)}
		s.SetAccessTTL(40 * time.Second)
		sub := s.subscribe(ann, sdk.WithBuffer(7))
		defer sub.Close()
		var n atomic.Int64
		s.SetFault(func(*http.Request) fakechat.Fault {
			return []fakechat.Fault{{}, {Drop: true}, {}, {LoseAnswer: true}, {}, {}, {Status: 503}, {}, {}, {}, {}}[n.Add(1)%11]
		})
		const each = 150
		outbox := bob.Outbox()
		defer outbox.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range each {
				for _, g := range groups {
					if _, err := outbox.Send(t.Context(), g, fmt.Sprint(i)); err != nil {
						return
					}
				}
				switch i % 10 {
				case 2:
					s.Cut(annID)
				case 4:
					s.Mute(true)
				case 5:
					s.Mute(false)
				case 6:
					s.Void(groups[0], s.Allocate(groups[0]))
				case 8:
					s.Emit(annID, "resync", nil)
				}
				pass(time.Second)
			}
		}()

		next := map[string]int{}
		for range each * len(groups) {
			m, err := sub.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(next[m.ConversationID]), m.Preview)
			next[m.ConversationID]++
			if m.Seq%40 == 0 {
				pass(20 * time.Second) // a consumer that is slow at times
			}
		}
		<-done
		require.Equal(t, map[string]int{groups[0]: each, groups[1]: each}, next)
		s.SetFault(nil)
		quiet(t, sub)
	})
}
