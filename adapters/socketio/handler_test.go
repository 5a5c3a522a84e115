package socketio_test

import (
	"fmt"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

func TestTheHandlerHearsEverythingInOrderAndTheEndOnce(t *testing.T) {
	tests := map[string]struct {
		end    func(ws *siotest.WebSocket, s *socketio.Socket)
		reason string
	}{
		"the client closes":             {func(ws *siotest.WebSocket, _ *socketio.Socket) { ws.Send("1") }, socketio.ReasonTransportClose},
		"the connection breaks":         {func(ws *siotest.WebSocket, _ *socketio.Socket) { ws.Cut() }, socketio.ReasonTransportClose},
		"the client breaks the rules":   {func(ws *siotest.WebSocket, _ *socketio.Socket) { ws.Send("42{}") }, socketio.ReasonParseError},
		"the server disconnects":        {func(_ *siotest.WebSocket, s *socketio.Socket) { s.Disconnect() }, socketio.ReasonServerLeft},
		"the server drops the client":   {func(_ *siotest.WebSocket, s *socketio.Socket) { s.Drop() }, socketio.ReasonServerDrop},
		"the heartbeat is not answered": {func(*siotest.WebSocket, *socketio.Socket) {}, socketio.ReasonPingTimeout},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, socketio.DefaultConfig(), func(t *testing.T, w world) {
				ws, s := w.join(t, "")
				ws.Send(`40/ws,{"token":"x"}`, `42["a"]`, `42/ws,["b"]`, `42["c"]`)
				require.Contains(t, ws.Read(), "40/ws,")
				synctest.Wait()
				tc.end(ws, s)
				for code := 0; code == 0; {
					_, code = ws.ReadOrCode()
				}
				synctest.Wait()
				s.Disconnect() // nothing more to end
				s.Drop()
				synctest.Wait()
				require.Equal(t, []string{
					"connect / ", `connect /ws {"token":"x"}`, "event / a", "event /ws b", "event / c",
					"disconnect / " + tc.reason, "disconnect /ws " + tc.reason,
				}, w.handler.lines())
				require.Zero(t, w.server.Sessions())
			})
		})
	}
}

func TestLeavingANamespaceIsHeardAtOnce(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		ws, s := w.join(t, "")
		ws.Send("41", "40")
		require.Contains(t, ws.Read(), "40{")
		s.Send(frame(t, "to nobody")) // the old socket stays over
		s.Disconnect()
		ws.Send("1")
		ws.ExpectClosed()
		synctest.Wait()
		require.Equal(t, []string{
			"connect / ", "disconnect / " + socketio.ReasonClientLeft,
			"connect / ", "disconnect / " + socketio.ReasonTransportClose,
		}, w.handler.lines())
	})
}

func TestDisconnectWaitsForTheEventThatIsBeingHandled(t *testing.T) {
	server, h := newServer(t, settings())
	w := world{siotest.Loopback(t, server), h, server}
	release := make(chan struct{})
	h.onEvent = func(s *socketio.Socket, _ string, _ socketio.Args, _ socketio.Ack) {
		s.Drop()
		<-release
		h.note("event returns")
	}
	ws, _ := w.join(t, "")
	ws.Send(`42["slow"]`)
	ws.ExpectClosed()
	require.Equal(t, []string{"connect / ", "event / slow"}, h.lines())
	close(release)
	require.Eventually(t, func() bool { return len(h.lines()) == 4 }, 5*time.Second, time.Millisecond)
	require.Equal(t, []string{"event returns", "disconnect / " + socketio.ReasonServerDrop}, h.lines()[2:])
}

func TestNothingIsHeardOfAClientThatIsLeaving(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		sid, s := w.joinByPolling(t)
		s.Disconnect()
		w.Push(sid, `42["too late"]`)
		require.Equal(t, "41", w.Poll(sid).Body)
		require.Equal(t, "1", w.Poll(sid).Body)
		synctest.Wait()
		require.Equal(t, []string{"connect / ", "disconnect / " + socketio.ReasonServerLeft}, w.handler.lines())
	})
}

func TestPollingAndItsWebSocketTakeTurns(t *testing.T) {
	server, h := newServer(t, settings())
	w := world{siotest.Loopback(t, server), h, server}
	var busy, overlaps atomic.Int32
	h.onEvent = func(*socketio.Socket, string, socketio.Args, socketio.Ack) {
		if busy.Add(1) > 1 {
			overlaps.Add(1)
		}
		runtime.Gosched()
		busy.Add(-1)
	}
	events := slices.Repeat([]string{`42["x"]`}, 20)
	for range 50 {
		sid, _ := w.joinByPolling(t)
		ws := w.WebSocket(sid)
		ws.Send("2probe")
		ws.Expect("3probe")
		posted := make(chan siotest.Answer, 1)
		go func() { posted <- w.PostBody(sid, strings.NewReader(strings.Join(events, "\x1e")), "text/plain") }()
		ws.Send("5") // too early, with a POST under way
		ws.Send(events...)
		require.NoError(t, (<-posted).Err)
		ws.Send("1")
		ws.ExpectClosed()
	}
	require.Zero(t, overlaps.Load())
}

func TestAHandshakeThatFailsLeavesNothingBehind(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		upgrade := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}} // but no key
		a := w.Do(t.Context(), http.MethodGet, "EIO=4&transport=websocket", nil, upgrade)
		require.NoError(t, a.Err)
		require.Equal(t, http.StatusBadRequest, a.Status)
		synctest.Wait()
		require.Zero(t, w.server.Sessions())

		sid := w.Open()
		a = w.Do(t.Context(), http.MethodGet, "EIO=4&transport=websocket&sid="+sid, nil, upgrade)
		require.NoError(t, a.Err)
		require.Equal(t, http.StatusBadRequest, a.Status)
		ws := w.WebSocket(sid) // the next one may try
		ws.Send("2probe")
		ws.Expect("3probe")
	})
}

func TestAnUpgradeIsForTheSameSitesOnly(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		query := "EIO=4&transport=websocket&sid=" + w.Open()
		a := w.RefusedWebSocket(query, http.Header{"Origin": {"http://elsewhere.test"}})
		require.Equal(t, "Forbidden\n", a.Body)
	})
}

func TestAnAckIsSentOnce(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		w.handler.onEvent = func(_ *socketio.Socket, _ string, _ socketio.Args, ack socketio.Ack) {
			if ack == nil {
				w.handler.note("no ack wanted")
				return
			}
			if ack(math.NaN()) == nil {
				w.handler.note("NaN went out")
			}
			_ = ack("first", 2)
			_ = ack("second")
		}
		ws, s := w.join(t, "/ws,")
		ws.Send(`42/ws,7["ask"]`, `42/ws,["tell"]`)
		ws.Expect(`43/ws,7["first",2]`)
		synctest.Wait()
		s.Send(frame(t, "next"))
		ws.Expect(`42/ws,["next"]`)
		require.Contains(t, w.handler.lines(), "no ack wanted")
		require.NotContains(t, w.handler.lines(), "NaN went out")
	})
}

func TestASocketsIDIsNoSecret(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		_, a := w.join(t, "")
		sid, b := w.joinByPolling(t)
		require.Equal(t, "/", a.Namespace())
		require.NotEqual(t, a.ID(), b.ID())
		require.NotEqual(t, sid, b.ID())
	})
}

func TestSessionIDsCanBeMadeElsewhere(t *testing.T) {
	tests := map[string]struct {
		ids      func(n int) (string, error)
		statuses []int
	}{
		"as they come": {
			func(n int) (string, error) { return fmt.Sprint("sealed-", n), nil },
			[]int{http.StatusOK, http.StatusOK},
		},
		"one that is in use opens nothing": {
			func(int) (string, error) { return "always the same", nil },
			[]int{http.StatusOK, http.StatusInternalServerError},
		},
		"none to be had": {
			func(int) (string, error) { return "", http.ErrNotSupported },
			[]int{http.StatusInternalServerError},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := settings()
			n := 0
			cfg.NewSessionID = func() (string, error) { n++; return tc.ids(n) }
			inBubble(t, cfg, func(t *testing.T, w world) {
				for _, status := range tc.statuses {
					require.Equal(t, status, w.Get("EIO=4&transport=polling").Status)
				}
			})
		})
	}
}
