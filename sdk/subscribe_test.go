package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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

func TestWhatIsMissedWhileListingIsListedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.Mute(true)
		s.SlowAnswers("GET /api/chats/conversations", time.Second)
		s.Emit(id, "resync", nil)
		synctest.Wait() // the list is made, its answer on the way
		s.Post(group, id, "missed")
		s.Emit(id, "resync", nil)
		began := time.Now()

		require.Equal(t, []string{"missed"}, take(t, sub, 1))
		require.LessOrEqual(t, time.Since(began), 2*time.Second)
	})
}

func TestWhatWasMissedIsCaughtUpWith(t *testing.T) {
	tests := map[string]func(s *chat, group, id string){
		"when the server says resync": func(s *chat, _, id string) {
			s.Mute(false)
			s.Emit(id, "resync", map[string]string{"reason": "test"})
		},
		"when the connection comes back": func(s *chat, _, id string) {
			s.Mute(false)
			s.Cut(id)
		},
		"when the next message arrives": func(s *chat, group, id string) {
			s.Mute(false)
			s.Post(group, id, "next")
		},
		"when an event cannot be read": func(s *chat, _, id string) {
			s.SendFrame(id, `42["message:new",{"seq":"x"}]`)
		},
		"by the periodic list, if nothing is ever said": func(*chat, string, string) {},
	}
	for name, happens := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				group := s.AddGroup("team", id)
				sub := s.subscribe(c)
				defer sub.Close()
				synctest.Wait()
				s.Mute(true)
				for i := range 250 { // more than a page
					s.Post(group, id, fmt.Sprint(i))
				}

				happens(s, group, id)

				got := take(t, sub, 250)
				require.Equal(t, "0", got[0])
				require.Equal(t, "249", got[249])
				require.True(t, slices.IsSortedFunc(got, func(a, b string) int { return len(a) - len(b) }))
			})
		})
	}
}

func TestAHoleIsWaitedFor(t *testing.T) {
	tests := map[string]struct {
		settle func(s *chat, group, id string, seq int64)
		want   []string
		within time.Duration
	}{
		"until it is a message, which ends the pause": {
			func(s *chat, group, id string, seq int64) { s.Fill(group, seq, id, "hole") },
			[]string{"hole", "after 1", "after 2"}, 0,
		},
		"until it is a message nobody is told of": {
			func(s *chat, group, id string, seq int64) {
				s.Mute(true)
				s.Fill(group, seq, id, "hole")
			}, []string{"hole", "after 1", "after 2"}, 3 * time.Second,
		},
		"until it is a void": {
			func(s *chat, group, _ string, seq int64) { s.Void(group, seq) }, []string{"after 1", "after 2"}, 3 * time.Second,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				group := s.AddGroup("team", id)
				sub := s.subscribe(c)
				defer sub.Close()
				synctest.Wait()
				hole := s.Allocate(group)
				s.Post(group, id, "after 1")
				s.Post(group, id, "after 2")
				quiet(t, sub)
				requests := s.Requests("GET " + messagesPath(group))
				require.Less(t, requests, 500, "with pauses of up to 3 s")
				settled := time.Now()

				tc.settle(s, group, id, hole)

				require.Equal(t, tc.want, take(t, sub, len(tc.want)))
				require.LessOrEqual(t, time.Since(settled), tc.within)
				quiet(t, sub)
			})
		})
	}
}

func TestConversationsComeAndGo(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		bobID := s.AddUser("bob")
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()

		group := s.AddGroup("team", bobID)
		s.Post(group, bobID, "before ann")
		s.AddMember(group, id)
		s.Post(group, bobID, "welcome")
		s.Post(group, bobID, "ann")
		require.Equal(t, []string{"welcome", "ann"}, take(t, sub, 2))

		s.RemoveMember(group, id)
		s.Post(group, bobID, "not for ann")
		s.Emit(id, "message:new", fakechat.Message{ConversationID: group, Seq: 4, MessageID: "late"})
		s.Emit(id, "message:new", fakechat.Message{ConversationID: group, Seq: 9, MessageID: "later"})
		require.Equal(t, []string{""}, take(t, sub, 1), "what was sent to ann is handed out")
		quiet(t, sub)

		s.AddMember(group, id)
		s.Post(group, bobID, "again")
		require.Equal(t, []string{"again"}, take(t, sub, 1))
		quiet(t, sub)
	})
}

func TestAFailingFetchIsRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.Mute(true)
		s.Post(group, id, "1")
		s.Mute(false)
		s.failing("GET "+messagesPath(group), append(make5xx(20), fakechat.Fault{Drop: true}, fakechat.Fault{LoseAnswer: true})...)

		s.Post(group, id, "2")

		require.Equal(t, []string{"1", "2"}, take(t, sub, 2))
	})
}

func TestARestoredServer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		for i := range 10 {
			s.Post(group, id, fmt.Sprint(i))
		}
		take(t, sub, 10)
		pass(time.Minute)

		s.Restore(group, 7)
		s.Post(group, id, "new 8")
		s.Cut(id)
		require.Equal(t, []string{"new 8"}, take(t, sub, 1))
		s.Post(group, id, "new 9")

		require.Equal(t, []string{"new 9"}, take(t, sub, 1))
		require.Equal(t, int64(9), sub.Positions()[group].Seq)
		quiet(t, sub)
	})
}

func TestPositionsGoOnAfterARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		first := s.subscribe(c)
		for i := range 5 {
			s.Post(group, id, fmt.Sprint(i))
		}
		require.Equal(t, []string{"0", "1"}, take(t, first, 2), "and three are waiting")
		saved, err := json.Marshal(first.Positions())
		require.NoError(t, err)
		first.Close()
		other := s.AddGroup("new since", id)
		s.Post(other, id, "hello")

		var from sdk.Positions
		require.NoError(t, json.Unmarshal(saved, &from))
		second := s.subscribe(c, sdk.WithPositions(from))
		defer second.Close()

		got := take(t, second, 4)
		slices.Sort(got)
		require.Equal(t, []string{"2", "3", "4", "hello"}, got)
		quiet(t, second)
	})
}

func TestPositionsOfARestoredServer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		first := s.subscribe(c)
		for i := range 5 {
			s.Post(group, id, fmt.Sprint(i))
		}
		take(t, first, 5)
		from := first.Positions()
		first.Close()
		pass(time.Minute)
		s.Restore(group, 2)
		s.Post(group, id, "new 3")

		second := s.subscribe(c, sdk.WithPositions(from))
		defer second.Close()

		require.Equal(t, []string{"new 3"}, take(t, second, 1))
		quiet(t, second)
	})
}

func TestASlowConsumerTakesNoMemory(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c, sdk.WithBuffer(10))
		defer sub.Close()
		synctest.Wait()
		const n = 3000
		for i := range n {
			s.Post(group, id, fmt.Sprint(i))
			if i%100 == 0 {
				synctest.Wait()
			}
		}
		pass(time.Hour)
		require.LessOrEqual(t, s.Requests("GET "+messagesPath(group)), 3, "nothing is fetched that nobody takes")

		got := take(t, sub, n)
		for i, preview := range got {
			require.Equal(t, fmt.Sprint(i), preview)
		}
		quiet(t, sub)
	})
}

func TestFetchesAreFewAndOnePerConversation(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		var groups []string
		for range 12 {
			groups = append(groups, s.AddGroup("team", id))
		}
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		s.Mute(true)
		for _, g := range groups {
			for range 150 {
				s.Post(g, id, "m")
			}
		}
		var total, most atomic.Int32
		perGroup := make(map[string]*atomic.Int32)
		for _, g := range groups {
			perGroup[messagesPath(g)] = new(atomic.Int32)
		}
		var twice atomic.Bool
		s.SetFault(func(r *http.Request) fakechat.Fault {
			if n := perGroup[r.URL.Path]; n != nil {
				most.Store(max(most.Load(), total.Add(1)))
				if n.Add(1) > 1 {
					twice.Store(true)
				}
				pass(time.Second)
				n.Add(-1)
				total.Add(-1)
			}
			return fakechat.Fault{}
		})

		s.Emit(id, "resync", nil)
		take(t, sub, 12*150)

		require.False(t, twice.Load())
		require.Equal(t, int32(4), most.Load())
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

func TestMessagesIteratesUntilTheCallerStops(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		for range 3 {
			s.Post(group, id, "m")
		}
		n := 0
		for range sub.Messages() {
			if n++; n == 2 {
				break
			}
		}
		require.Equal(t, int64(2), sub.Positions()[group].Seq)
	})
}
