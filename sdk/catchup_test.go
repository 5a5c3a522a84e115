package sdk_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

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
			overEach(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				group := s.AddGroup("team", id)
				sub := s.subscribe(c)
				defer sub.Close()
				synctest.Wait()
				s.Mute(true)
				for i := range 250 { // more than a page
					s.Post(group, id, fmt.Sprint(i))
				}

				began := time.Now()
				happens(s, group, id)

				got := take(t, sub, 250)
				require.Less(t, time.Since(began), 6*time.Minute)
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
		began := time.Now()
		require.Equal(t, []string{"welcome", "ann"}, take(t, sub, 2))
		require.Less(t, time.Since(began), time.Second, "no list is waited for")

		s.RemoveMember(group, id)
		s.Post(group, bobID, "not for ann")
		s.Emit(id, "message:new", fakechat.Message{ConversationID: group, Seq: 4, MessageID: "late"})
		s.Emit(id, "message:new", fakechat.Message{ConversationID: group, Seq: 9, MessageID: "later"})
		require.Equal(t, []string{""}, take(t, sub, 1), "what was sent to ann is handed out")
		quiet(t, sub)
		require.Less(t, s.Requests("GET "+messagesPath(group)), 5, "nothing is asked of a conversation one is not in")

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
		began := time.Now()

		require.Equal(t, []string{"1", "2"}, take(t, sub, 2))
		require.Less(t, time.Since(began), 70*time.Second, "after pauses of at most 3 s")
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
		require.Greater(t, s.Requests("GET "+messagesPath(group)), n/100-5, "what was not kept is fetched")
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
