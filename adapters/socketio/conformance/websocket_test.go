package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/internal/siotest"
)

func TestAWebSocketCarriesTextAndBinary(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		ws.Send("4hello")
		ws.SendBinary([]byte{1, 2, 3, 4})
		ws.Send("4€")
		ws.Expect("4hello")
		require.Equal(t, []byte{1, 2, 3, 4}, ws.ReadBinary())
		ws.Expect("4€")
	})
}

func TestManyMessagesArriveInOrder(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		for i := range 100 {
			ws.Send("4" + strings.Repeat("x", i))
		}
		for i := range 100 {
			ws.Expect("4" + strings.Repeat("x", i))
		}
	})
}

func TestABrokenFrameClosesTheWebSocket(t *testing.T) {
	for name, frame := range map[string]string{
		"unknown type": "abc", "empty frame": "", "a ping, which only we may send": "2",
	} {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				ws, other := c.WebSocket(""), c.OpenWebSocket()
				sid := c.SID(ws.Read())
				ws.Send(frame)
				require.Equal(t, websocket.CloseProtocolError, ws.ExpectClosed())
				requireGone(t, c, sid)
				other.Send("4alive")
				other.Expect("4alive")
			})
		})
	}
}

func TestAFrameAboveMaxPayloadClosesTheWebSocket(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.WebSocket("")
		sid := c.SID(ws.Read())
		longest := "4" + strings.Repeat("x", 999_999)
		ws.Send(longest)
		ws.Expect(longest)
		_ = ws.TrySend(longest + "x") // the server may hang up before the last byte has left
		ws.ExpectClosed()
		requireGone(t, c, sid)
	})
}

func TestTheClientClosesOverTheWebSocket(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.WebSocket("")
		sid := c.SID(ws.Read())
		ws.Send("1")
		require.Equal(t, websocket.CloseNormalClosure, ws.ExpectClosed())
		requireGone(t, c, sid)
	})
}

func TestALostWebSocketEndsTheSession(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.WebSocket("")
		sid := c.SID(ws.Read())
		ws.Cut()
		require.Eventually(t, func() bool {
			a := c.Poll(sid)
			return a.Status == http.StatusBadRequest && a.Body == unknownSession
		}, time.Second, time.Millisecond)
	})
}

func TestWebSocketHeartbeat(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		for range 5 {
			start := time.Now()
			ws.Expect("2")
			require.Equal(t, 300*time.Millisecond, time.Since(start))
			ws.Send("3")
		}
	})
}

func TestThePongMovesTheNextPing(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		ws.Expect("2")
		<-time.After(150 * time.Millisecond)
		ws.Send("3")
		start := time.Now()
		ws.Expect("2")
		require.Equal(t, 300*time.Millisecond, time.Since(start))
	})
}

func TestASilentWebSocketIsCut(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		start := time.Now()
		require.Equal(t, websocket.CloseAbnormalClosure, ws.ExpectClosed())
		require.Equal(t, 500*time.Millisecond, time.Since(start))
	})
}

func TestOnlyAnEngineIOPongCounts(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		ws.Send("4traffic is no pong", "6", "5", "0")
		ws.Expect("4traffic is no pong", "2")
		require.Equal(t, websocket.CloseAbnormalClosure, ws.ExpectClosed())
	})
}
