package main

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// TestWhoEmitsWithoutEndIsSentAway, and told why.
func TestWhoEmitsWithoutEndIsSentAway(t *testing.T) {
	p := newProcess(t)
	p.start()
	ws, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+p.addr+"/ws/socket.io/?EIO=4&transport=websocket", nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	defer ws.Close()
	require.NoError(t, ws.SetReadDeadline(time.Now().Add(20*time.Second)))
	say := func(packet string) { _ = ws.WriteMessage(websocket.TextMessage, []byte(packet)) } // fails once it is closed
	say("40")
	for range 150 {
		say(`42["ping"]`)
	}
	var pongs int
	var heard []string
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			break
		}
		if string(data) == `42["pong"]` {
			pongs++
			continue
		}
		heard = append(heard, string(data))
	}
	require.Equal(t, 100, pongs)
	require.Contains(t, strings.Join(heard, "\n"), `"code":"rate_limited"`)
	require.Equal(t, "41", heard[len(heard)-1], "stock clients stay away")
}
