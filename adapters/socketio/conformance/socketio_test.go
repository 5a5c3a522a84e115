package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/internal/siotest"
)

// requireConnected reads the answer to a CONNECT and the event that follows it.
func requireConnected(t *testing.T, ws *siotest.WebSocket, prefix, auth string) string {
	t.Helper()
	answer := ws.Read()
	data, ok := strings.CutPrefix(answer, "40"+prefix)
	require.True(t, ok, answer)
	var keys map[string]string
	require.NoError(t, json.Unmarshal([]byte(data), &keys))
	require.Len(t, keys, 1)
	require.NotEmpty(t, keys["sid"])
	ws.Expect("42" + prefix + `["auth",` + auth + "]")
	return keys["sid"]
}

// join opens a session that has joined the main namespace.
func join(t *testing.T, c *siotest.Client) *siotest.WebSocket {
	t.Helper()
	ws := c.OpenWebSocket()
	ws.Send("40")
	requireConnected(t, ws, "", "{}")
	return ws
}

func TestConnectIsAnsweredWithAPublicID(t *testing.T) {
	tests := map[string]struct{ connect, prefix, auth string }{
		"main namespace":                 {"40", "", "{}"},
		"main namespace with a payload":  {`40{"token":"123"}`, "", `{"token":"123"}`},
		"other namespace":                {"40/custom,", "/custom,", "{}"},
		"other namespace, no comma":      {"40/custom", "/custom,", "{}"},
		"other namespace with a payload": {`40/custom,{"token":"abc"}`, "/custom,", `{"token":"abc"}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			socketIO(t, func(t *testing.T, c *siotest.Client) {
				ws := c.WebSocket("")
				secret := c.SID(ws.Read())
				ws.Send(tc.connect)
				require.NotEqual(t, secret, requireConnected(t, ws, tc.prefix, tc.auth))
			})
		})
	}
}

func TestAnUnknownNamespaceIsRefusedAndTheConnectionStays(t *testing.T) {
	socketIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		ws.Send("40/random")
		ws.Expect(`44/random,{"message":"Invalid namespace"}`)
		ws.Send("40")
		requireConnected(t, ws, "", "{}")
	})
}

func TestTwoNamespacesShareAConnection(t *testing.T) {
	socketIO(t, func(t *testing.T, c *siotest.Client) {
		ws := join(t, c)
		ws.Send("40/custom,")
		requireConnected(t, ws, "/custom,", "{}")
		ws.Send(`42/custom,["message",1]`, `42["message",2]`)
		ws.Expect(`42/custom,["message-back",1]`, `42["message-back",2]`)
	})
}

func TestWithoutANamespaceTheConnectionEnds(t *testing.T) {
	tests := map[string]func(t *testing.T, ws *siotest.WebSocket){
		"none was ever joined": func(*testing.T, *siotest.WebSocket) {},
		"an unknown one does not count": func(_ *testing.T, ws *siotest.WebSocket) {
			ws.Send("40/random")
			ws.Expect(`44/random,{"message":"Invalid namespace"}`)
		},
		"the only one was left": func(t *testing.T, ws *siotest.WebSocket) {
			ws.Send("40")
			requireConnected(t, ws, "", "{}")
			ws.Send("41")
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			socketIO(t, func(t *testing.T, c *siotest.Client) {
				ws := c.OpenWebSocket()
				start := time.Now()
				prepare(t, ws)
				for range 3 {
					ws.Expect("2")
					ws.Send("3")
				}
				require.Equal(t, websocket.CloseNormalClosure, ws.ExpectClosed())
				require.Equal(t, time.Second, time.Since(start).Truncate(100*time.Millisecond))
			})
		})
	}
}

func TestLeavingANamespaceKeepsTheOthersAndTheHeartbeat(t *testing.T) {
	socketIO(t, func(t *testing.T, c *siotest.Client) {
		ws := join(t, c)
		ws.Send("40/custom")
		requireConnected(t, ws, "/custom,", "{}")
		ws.Send("41/custom", `42["message","to the main namespace"]`)
		ws.Expect(`42["message-back","to the main namespace"]`, "2")
		ws.Send("3", "40/custom") // and it can be joined again
		requireConnected(t, ws, "/custom,", "{}")
		for range 5 { // for good: nobody waits for a CONNECT any more
			ws.Expect("2")
			ws.Send("3")
		}
	})
}

func TestEventsAndAcks(t *testing.T) {
	tests := map[string]struct{ send, want string }{
		"an event":                     {`42["message",1,"2",{"3":[true]}]`, `42["message-back",1,"2",{"3":[true]}]`},
		"numbers and key order":        {`42["message",12345678901234567890,{"b":1.50,"a":2}]`, `42["message-back",12345678901234567890,{"b":1.50,"a":2}]`},
		"an event with an ack":         {`42456["message-with-ack",1,"2",{"3":[false]}]`, `43456[1,"2",{"3":[false]}]`},
		"the first ack id":             {`420["message-with-ack"]`, `430[]`},
		"an unknown event":             {`42["unknown",1]`, ""},
		"an unknown event with an ack": {`427["unknown",1]`, ""},
		"an ack nobody waits for":      {`4399["x"]`, ""},
		"the application's own ping":   {`42["ping"]`, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			socketIO(t, func(t *testing.T, c *siotest.Client) {
				ws := join(t, c)
				ws.Send(tc.send, `42["message","next"]`)
				if tc.want != "" {
					ws.Expect(tc.want)
				}
				ws.Expect(`42["message-back","next"]`)
			})
		})
	}
}

const twoPlaceholders = `{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`

func TestBinaryOverWebSocket(t *testing.T) {
	tests := map[string]struct{ send, want string }{
		"an event": {`452-["message",`, `452-["message-back",`},
		"an ack":   {`452-789["message-with-ack",`, `462-789[`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			socketIO(t, func(t *testing.T, c *siotest.Client) {
				ws := join(t, c)
				ws.Send(tc.send + twoPlaceholders)
				ws.SendBinary([]byte{1, 2, 3})
				ws.SendBinary([]byte{4, 5, 6})
				ws.Expect(tc.want + twoPlaceholders)
				require.Equal(t, []byte{1, 2, 3}, ws.ReadBinary())
				require.Equal(t, []byte{4, 5, 6}, ws.ReadBinary())
			})
		})
	}
}

func TestBinaryOverPolling(t *testing.T) {
	socketIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		c.Push(sid, "40", `452-["message",`+twoPlaceholders, "bAQID", "bBAUG")
		packets := strings.Split(c.Poll(sid).Body, "\x1e")
		require.Equal(t, []string{
			`42["auth",{}]`, `452-["message-back",` + twoPlaceholders, "bAQID", "bBAUG",
		}, packets[1:])
	})
}

func TestPacketsOfOnePostAreHandledInOrder(t *testing.T) {
	socketIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		c.Push(sid, "40", `42["message",1]`, "40/custom,", `42/custom,["message",2]`, `420["message-with-ack",3]`)
		packets := strings.Split(c.Poll(sid).Body, "\x1e")
		require.True(t, strings.HasPrefix(packets[0], `40{"sid":"`))
		require.True(t, strings.HasPrefix(packets[3], `40/custom,{"sid":"`))
		require.Equal(t, []string{`42["auth",{}]`, `42["message-back",1]`}, packets[1:3])
		require.Equal(t, []string{`42/custom,["auth",{}]`, `42/custom,["message-back",2]`, `430[3]`}, packets[4:])
	})
}

func TestWhatBreaksTheProtocolClosesThatConnectionOnly(t *testing.T) {
	tests := map[string][]string{
		"unknown packet type":                  {`4abc`},
		"payload that is no array":             {`42{}`},
		"empty array":                          {`42[]`},
		"event name that is no text":           {`42[null]`},
		"reserved event name":                  {`42["disconnect"]`},
		"bad ack id":                           {`42abc["message-with-ack",1]`},
		"broken JSON":                          {`42["message"`},
		"CONNECT with an array":                {`40/custom,[]`},
		"CONNECT to a namespace joined before": {`40`},
		"event of a namespace not joined":      {`42/custom,["message"]`},
		"event of an unknown namespace":        {`42/random,["message"]`},
		"leaving a namespace not joined":       {`41/custom`},
		"CONNECT_ERROR, which only we send":    {`44{"message":"x"}`},
		"too many attachments":                 {`4511-["message"]`},
		"text while attachments are due":       {`451-["message",{"_placeholder":true,"num":0}]`, `42["message"]`},
	}
	for name, frames := range tests {
		t.Run(name, func(t *testing.T) {
			socketIO(t, func(t *testing.T, c *siotest.Client) {
				ws, other := join(t, c), join(t, c)
				ws.Send(frames...)
				require.Equal(t, websocket.CloseProtocolError, ws.ExpectClosed())
				other.Send(`42["message"]`)
				other.Expect(`42["message-back"]`)
			})
		})
	}
}

func TestBinaryOutOfTheBlueClosesTheConnection(t *testing.T) {
	socketIO(t, func(t *testing.T, c *siotest.Client) {
		ws := join(t, c)
		ws.SendBinary([]byte{1})
		require.Equal(t, websocket.CloseProtocolError, ws.ExpectClosed())
	})
}

func TestAnEventBeforeAnyConnectClosesTheConnection(t *testing.T) {
	socketIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.OpenWebSocket()
		ws.Send(`42["message"]`)
		require.Equal(t, websocket.CloseProtocolError, ws.ExpectClosed())
	})
}
