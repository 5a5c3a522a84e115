package socketio_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
	"chatsystem/adapters/socketio/sio"
)

func TestOneFrameReachesEveryNamespaceAndTransport(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		root, a := w.join(t, "")
		other, b := w.join(t, "/ws,")
		sid, c := w.joinByPolling(t)
		text := frame(t, "message:new", map[string]any{"seq": 1, "preview": "<b>&</b>"}, json.RawMessage(`{"b":1,"a":2}`))
		file := frame(t, "file", socketio.Binary{1, 2, 3}, "x")
		for range 2 { // encoded and cached
			for _, s := range []*socketio.Socket{a, b, c} {
				s.Send(text)
				s.Send(file)
			}
			args := `["message:new",{"preview":"<b>&</b>","seq":1},{"b":1,"a":2}]`
			binary := `["file",{"_placeholder":true,"num":0},"x"]`
			root.Expect("42"+args, "451-"+binary)
			require.Equal(t, []byte{1, 2, 3}, root.ReadBinary())
			other.Expect("42/ws,"+args, "451-/ws,"+binary)
			require.Equal(t, []byte{1, 2, 3}, other.ReadBinary())
			require.Equal(t, "42"+args+"\x1e451-"+binary+"\x1ebAQID", w.Poll(sid).Body)
		}
	})
}

func TestAFrameIsRefusedThatNoClientCouldRead(t *testing.T) {
	_, err := socketio.NewFrame("disconnect")
	require.ErrorIs(t, err, sio.ErrReservedName)
	_, err = socketio.NewFrame("event", math.Inf(1))
	require.Error(t, err)
}

func TestFramesOfManySendersArriveEachInItsOrder(t *testing.T) {
	cfg := settings()
	cfg.SendQueue = 2000
	s, h := newServer(t, cfg)
	w := world{siotest.Loopback(t, s), h, s}
	ws, socket := w.join(t, "")
	const senders, each = 4, 250
	frames := make([][]*socketio.Frame, senders)
	for i := range frames {
		for n := range each {
			frames[i] = append(frames[i], frame(t, strconv.Itoa(i), n))
		}
		go func() {
			for _, f := range frames[i] {
				socket.Send(f)
			}
		}()
	}
	next := make([]int, senders)
	for range senders * each {
		p, _, err := sio.Parse([]byte(ws.Read()[1:]))
		require.NoError(t, err)
		i, err := strconv.Atoi(p.Name)
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(next[i]), string(p.Args.Values[0]))
		next[i]++
	}
}

func TestAClientThatDoesNotReadIsCutOffAndNoOneElseIs(t *testing.T) {
	cfg := settings()
	cfg.SendQueue = 20
	tests := map[string]func(t *testing.T, w world) (*socketio.Socket, func()){
		"on a WebSocket": func(t *testing.T, w world) (*socketio.Socket, func()) {
			ws, s := w.join(t, "")
			return s, func() {
				for code := 0; code == 0; {
					_, code = ws.ReadOrCode()
				}
			}
		},
		"on polling": func(t *testing.T, w world) (*socketio.Socket, func()) {
			sid, s := w.joinByPolling(t)
			return s, func() { require.Contains(t, w.Poll(sid).Body, "Session ID unknown") }
		},
	}
	for name, join := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, cfg, func(t *testing.T, w world) {
				healthy, b := w.join(t, "/ws,")
				slow, requireCut := join(t, w)
				f := frame(t, "news")
				for range 100 {
					slow.Send(f)
					b.Send(f)
					healthy.Expect(`42/ws,["news"]`)
				}
				synctest.Wait()
				require.Contains(t, w.handler.lines(), "disconnect / "+socketio.ReasonSlow)
				require.Equal(t, 1, w.server.Sessions())
				requireCut()
			})
		})
	}
}

func TestAFullQueueIsDeliveredToAClientThatReadsInTime(t *testing.T) {
	cfg := settings()
	cfg.SendQueue = 20
	inBubble(t, cfg, func(t *testing.T, w world) {
		sid, s := w.joinByPolling(t)
		f := frame(t, "news")
		for range 3 {
			for range cfg.SendQueue {
				s.Send(f)
			}
			first := strings.Count(w.Poll(sid).Body, `42["news"]`)
			require.Equal(t, 16, first, "what python-engineio takes at most")
			require.Equal(t, cfg.SendQueue-first, strings.Count(w.Poll(sid).Body, `42["news"]`))
		}
	})
}

func TestAWriteThatDoesNotEndCutsTheConnection(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		_, s := w.join(t, "")
		s.Send(frame(t, "unread"))
		synctest.Wait()
		require.Equal(t, 1, w.server.Sessions())
		waitFor(settings().WriteTimeout)
		require.Zero(t, w.server.Sessions())
		require.Contains(t, w.handler.lines(), "disconnect / "+socketio.ReasonTransportClose)
	})
}

func TestAnAnswerThatCannotBeWrittenEndsTheSession(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		sid, s := w.joinByPolling(t)
		s.Send(frame(t, "large", strings.Repeat("x", 1<<16)))
		defer w.PollWithoutReading(sid).Close()
		synctest.Wait()
		require.Equal(t, 1, w.server.Sessions())
		waitFor(settings().WriteTimeout)
		require.Zero(t, w.server.Sessions())
	})
}

func TestDisconnectSaysGoodbyeBehindWhatWasSent(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		ws, a := w.join(t, "")
		ws.Send("40/ws,")
		require.Contains(t, ws.Read(), "40/ws,")
		for range 10 {
			a.Send(frame(t, "error", "bad token"))
		}
		a.Disconnect()
		for range 10 {
			ws.Expect(`42["error","bad token"]`)
		}
		ws.Expect("41", "41/ws,")
		require.Equal(t, websocket.CloseNormalClosure, ws.ExpectClosed())
	})
}

func TestDropClosesTheTransportOnlyBehindWhatWasSent(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		ws, s := w.join(t, "")
		s.Send(frame(t, "error", "token_expired"))
		s.Drop()
		ws.Expect(`42["error","token_expired"]`)
		require.Equal(t, websocket.CloseServiceRestart, ws.ExpectClosed())

		sid, s := w.joinByPolling(t)
		s.Send(frame(t, "error", "token_expired"))
		s.Drop()
		require.Equal(t, `42["error","token_expired"]`, w.Poll(sid).Body)
		require.Equal(t, "1", w.Poll(sid).Body) // by itself, or the JS client would lose the event
		require.Contains(t, w.Poll(sid).Body, "Session ID unknown")
	})
}

func TestAWaitingGetHearsOfTheEndAtOnce(t *testing.T) {
	tests := map[string]struct {
		end    func(s *socketio.Socket)
		bodies []string
	}{
		"disconnect": {(*socketio.Socket).Disconnect, []string{"41", "1"}},
		"drop":       {(*socketio.Socket).Drop, []string{"1"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, settings(), func(t *testing.T, w world) {
				sid, s := w.joinByPolling(t)
				answer := w.StartPoll(t.Context(), sid)
				synctest.Wait()
				start := time.Now()
				tc.end(s)
				require.Equal(t, tc.bodies[0], (<-answer).Body)
				for _, body := range tc.bodies[1:] {
					require.Equal(t, body, w.Poll(sid).Body)
				}
				require.Zero(t, time.Since(start))
				require.Contains(t, w.Poll(sid).Body, "Session ID unknown")
			})
		})
	}
}

func TestAClientThatDoesNotFetchItsGoodbyeIsForgotten(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		_, s := w.joinByPolling(t)
		s.Disconnect()
		waitFor(socketio.LeaveTimeout - 1)
		require.Equal(t, 1, w.server.Sessions())
		waitFor(1)
		require.Zero(t, w.server.Sessions())
		require.Contains(t, w.handler.lines(), "disconnect / "+socketio.ReasonServerLeft)
	})
}

func TestAGoodbyeDuringAnUpgradeTakesTheWebSocket(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		sid, s := w.joinByPolling(t)
		ws := w.WebSocket(sid)
		ws.Send("2probe")
		ws.Expect("3probe")
		s.Send(frame(t, "last"))
		s.Disconnect()
		ws.Send("5") // the client has stopped polling
		ws.Expect(`42["last"]`, "41")
		require.Equal(t, websocket.CloseNormalClosure, ws.ExpectClosed())
	})
}
