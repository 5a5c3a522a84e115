package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/internal/siotest"
)

// requirePollingWorks requires that the session is still there, and on polling.
func requirePollingWorks(t *testing.T, c *siotest.Client, sid string) {
	t.Helper()
	c.Push(sid, "4alive")
	require.Equal(t, "4alive", c.Poll(sid).Body)
}

// requireWebSocketWorks requires that ws carries the session.
func requireWebSocketWorks(t *testing.T, ws *siotest.WebSocket) {
	t.Helper()
	ws.Send("4alive")
	ws.Expect("4alive")
}

// probe opens the second transport and gets as far as the answer to the probe.
func probe(c *siotest.Client, sid string) *siotest.WebSocket {
	ws := c.WebSocket(sid)
	ws.Send("2probe")
	ws.Expect("3probe")
	return ws
}

func TestAnUpgradeMovesTheSessionToTheWebSocket(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		ws := probe(c, sid)
		require.Equal(t, "6", c.Poll(sid).Body)
		ws.Send("5", "4hello")
		ws.Expect("4hello")
		for _, a := range []siotest.Answer{c.Poll(sid), c.Post(sid, "4hello")} {
			require.Equal(t, http.StatusBadRequest, a.Status)
			require.Equal(t, badRequest, a.Body)
		}
		ws.Expect("2") // the heartbeat goes on where it was
		ws.Send("3")
		requireWebSocketWorks(t, ws)
	})
}

func TestAWaitingGetIsEndedByTheProbe(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		answer := c.StartPoll(t.Context(), sid)
		synctest.Wait()
		ws := probe(c, sid)
		start := time.Now()
		require.Equal(t, "6", (<-answer).Body)
		require.LessOrEqual(t, time.Since(start), 100*time.Millisecond)
		ws.Send("5")
		requireWebSocketWorks(t, ws)
	})
}

func TestAGetThatWaitedSinceBeforeTheUpgradeIsAnswered(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		answer := c.StartPoll(t.Context(), sid)
		synctest.Wait()
		ws := probe(c, sid)
		start := time.Now()
		ws.Send("5")
		a := <-answer
		require.Equal(t, http.StatusOK, a.Status)
		require.Equal(t, "6", a.Body)
		require.Zero(t, time.Since(start))
	})
}

func TestAGetThatCameWithTheUpgradeIsRefused(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		ws := probe(c, sid)
		answer := c.StartPoll(t.Context(), sid)
		synctest.Wait()
		start := time.Now()
		ws.Send("5")
		a := <-answer
		require.Equal(t, http.StatusBadRequest, a.Status)
		require.Equal(t, badRequest, a.Body)
		require.Zero(t, time.Since(start))
		requireWebSocketWorks(t, ws)
	})
}

func TestMessagesDuringTheProbeArriveOnceAndInOrder(t *testing.T) {
	tests := map[string]func(t *testing.T, c *siotest.Client, sid string, ws *siotest.WebSocket) []string{
		"by GET, while it lasts": func(t *testing.T, c *siotest.Client, sid string, ws *siotest.WebSocket) []string {
			body := c.Poll(sid).Body
			ws.Send("5")
			return []string{body}
		},
		"on the WebSocket, after the upgrade": func(t *testing.T, _ *siotest.Client, _ string, ws *siotest.WebSocket) []string {
			ws.Send("5")
			return []string{ws.Read() + "\x1e" + ws.Read()}
		},
	}
	for name, collect := range tests {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				sid := c.Open()
				ws := probe(c, sid)
				c.Push(sid, "4a", "4b")
				require.Equal(t, []string{"4a\x1e4b"}, collect(t, c, sid, ws))
				ws.Send("4c")
				ws.Expect("4c")
			})
		})
	}
}

func TestAPingThatIsDueDuringTheProbeIsNotLost(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		ws := probe(c, sid)
		<-time.After(350 * time.Millisecond)
		ws.Send("5")
		ws.Expect("2")
		ws.Send("3")
		ws.Expect("2")
	})
}

func TestTheHeartbeatDoesNotWaitForTheUpgrade(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		ws := probe(c, sid)
		start := time.Now()
		ws.ExpectClosed()
		require.Equal(t, 500*time.Millisecond, time.Since(start))
		requireGone(t, c, sid)
	})
}

func TestAnUpgradeThatComesToNothingLeavesPollingAlone(t *testing.T) {
	tests := map[string]func(ws *siotest.WebSocket){
		"the first frame is no probe":        func(ws *siotest.WebSocket) { ws.Send("4hello"); ws.ExpectClosed() },
		"the first frame is another ping":    func(ws *siotest.WebSocket) { ws.Send("2"); ws.ExpectClosed() },
		"the first frame is broken":          func(ws *siotest.WebSocket) { ws.Send("abc"); ws.ExpectClosed() },
		"the first frame is binary":          func(ws *siotest.WebSocket) { ws.SendBinary([]byte("2probe")); ws.ExpectClosed() },
		"the upgrade comes before probe":     func(ws *siotest.WebSocket) { ws.Send("5"); ws.ExpectClosed() },
		"a message instead of the upgrade":   func(ws *siotest.WebSocket) { ws.Send("2probe", "4x"); ws.Expect("3probe"); ws.ExpectClosed() },
		"the socket is lost":                 func(ws *siotest.WebSocket) { ws.Cut() },
		"the socket is lost after probing":   func(ws *siotest.WebSocket) { ws.Send("2probe"); ws.Expect("3probe"); ws.Cut() },
		"the socket is lost over the answer": func(ws *siotest.WebSocket) { ws.Send("2probe"); synctest.Wait(); ws.Cut() },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				sid := c.Open()
				for range 5 {
					spoil(c.WebSocket(sid))
					synctest.Wait()
					requirePollingWorks(t, c, sid)
				}
				ws := probe(c, sid) // and it can be tried again
				ws.Send("5")
				requireWebSocketWorks(t, ws)
			})
		})
	}
}

func TestAnUpgradeTimesOut(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		ws := probe(c, sid)
		start := time.Now()
		for time.Since(start) < 9900*time.Millisecond { // keep the session alive, poll by poll
			if c.Poll(sid).Body == "2" {
				c.Push(sid, "3")
			}
		}
		require.Equal(t, websocket.CloseNormalClosure, ws.ExpectClosed())
		require.Equal(t, 10*time.Second, time.Since(start))
		requirePollingWorks(t, c, sid)
		ws = probe(c, sid)
		ws.Send("5")
		requireWebSocketWorks(t, ws)
	})
}

func TestASecondUpgradeIsClosedAndChangesNothing(t *testing.T) {
	tests := map[string]bool{"while the first is on its way": false, "after the first succeeded": true}
	for name, upgraded := range tests {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				sid := c.Open()
				ws := probe(c, sid)
				if upgraded {
					ws.Send("5")
					requireWebSocketWorks(t, ws)
				}
				require.Equal(t, websocket.CloseNormalClosure, c.WebSocket(sid).ExpectClosed())
				if !upgraded {
					ws.Send("5")
				}
				requireWebSocketWorks(t, ws)
			})
		})
	}
}

func TestASessionThatBeganOnAWebSocketTakesNoUpgrade(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.WebSocket("")
		sid := c.SID(ws.Read())
		require.Equal(t, websocket.CloseNormalClosure, c.WebSocket(sid).ExpectClosed())
		requireWebSocketWorks(t, ws)
	})
}

// The rest runs on loopback, over and over: real races instead of chosen ones.

func TestUpgradeAndGetAtOnce(t *testing.T) {
	c := siotest.Loopback(t, newEndpoint(t)).At("/engine.io/")
	for range 100 {
		sid := c.Open()
		ws := c.WebSocket(sid)
		ws.Send("2probe", "5")
		a := <-c.StartPoll(t.Context(), sid)
		require.NoError(t, a.Err)
		require.Equal(t, http.StatusBadRequest, a.Status, a.Body)
		ws.Expect("3probe")
		requireWebSocketWorks(t, ws)
		ws.Send("1")
	}
}

func TestMessagesKeepTheirOrderAcrossAnUpgrade(t *testing.T) {
	c := siotest.Loopback(t, newEndpoint(t)).At("/engine.io/")
	const batches = 50
	for range 10 {
		sid := c.Open()
		pushed := make(chan error, 1)
		go func() {
			for i := range batches {
				a := c.PostBody(sid, strings.NewReader(fmt.Sprintf("4%d", i)), "text/plain")
				if a.Err != nil || a.Status != http.StatusOK {
					pushed <- fmt.Errorf("post %d: %d %s %w", i, a.Status, a.Body, a.Err)
					return
				}
			}
			pushed <- nil
		}()
		var got []string
		ws := c.WebSocket(sid)
		ws.Send("2probe")
		for body := ""; body != "6"; { // a client stops polling at the noop
			body = c.Poll(sid).Body
			got = append(got, messages(body)...)
		}
		require.NoError(t, <-pushed)
		ws.Expect("3probe")
		ws.Send("5")
		for len(got) < batches {
			got = append(got, messages(ws.Read())...)
		}
		for i, text := range got {
			require.Equal(t, fmt.Sprintf("4%d", i), text)
		}
		ws.Send("1")
	}
}
