//go:build integration && linux

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
	"chatsystem/sdk"
)

// elsewhere is another address of this machine than people come from.
var elsewhere = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}

const (
	hordes          = 10_000 // connections that one address opens
	perAddress      = 1024   // that it gets
	patienceOfHeads = 5 * time.Second
)

// TestOnlyWhoAttacksSuffers lets one address open far too many connections, and send what is no request, while two people
// at another address chat.
func TestOnlyWhoAttacksSuffers(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	p := newProcess(t)
	p.env = []string{"RATE_LIMITS=on", "LOG_LEVEL=warn"}
	p.start()
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 1, Listeners: 1, Pause: 250 * time.Millisecond}, p.url())
	require.NoError(t, err)
	defer load.Close()

	var attacks sync.WaitGroup
	for name, garbage := range map[string]string{
		"noise":               rand.Text() + "\r\n\r\n",
		"a TLS hello":         "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 500),
		"a huge header":       "GET /healthz HTTP/1.1\r\nHost: chat\r\nX-Huge: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"two lengths":         "POST /api/users/auth/login HTTP/1.1\r\nHost: chat\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"a session of noise":  "POST /ws/socket.io/?EIO=4&transport=polling&sid=" + strings.Repeat("%00", 200) + " HTTP/1.1\r\nHost: chat\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd",
		"an unknown protocol": "GET /ws/socket.io/?EIO=9&transport=carrier-pigeon HTTP/1.1\r\nHost: chat\r\n\r\n",
	} {
		attacks.Go(func() {
			answer, err := say(ctx, p.addr, garbage)
			assert.NoError(t, err, name)
			assert.True(t, answer == "" || strings.HasPrefix(answer, "HTTP/1.1 4"), "%s is answered %q", name, answer)
		})
	}
	attacks.Go(func() {
		assert.NoError(t, joinAs(ctx, p, "\xff\x00garbage"), "who speaks nonsense over a WebSocket is cut off")
	})
	attacks.Go(func() {
		began := time.Now()
		answer, err := say(ctx, p.addr, "GET /healthz HTTP/1.1\r\nHost: chat\r\nX-Slow: ")
		assert.NoError(t, err)
		assert.Empty(t, answer)
		assert.GreaterOrEqual(t, time.Since(began), patienceOfHeads/2, "slow headers were waited for, for a while")
	})
	attacks.Wait() // the horde would leave the others no connection of this address

	open := horde(ctx, t, p.addr)
	t.Logf("%d of %d connections are open", open, hordes)
	assert.LessOrEqual(t, open, perAddress)
	assert.Greater(t, metric(ctx, t, p, "http_connections_refused_total"), hordes/2.0)
	acknowledged := load.Acknowledged()
	require.Eventually(t, func() bool { return load.Acknowledged() >= acknowledged+10 }, 30*time.Second, 10*time.Millisecond, "the others chat on")
	verdict, err := load.Finish(ctx)
	t.Log(verdict)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}

// dialFrom connects from elsewhere.
func dialFrom(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: elsewhere, Timeout: 10 * time.Second}
	return d.DialContext(ctx, "tcp", addr)
}

// say sends what may be no request, and returns what comes until the server closes, which it must.
func say(ctx context.Context, addr, text string) (string, error) {
	c, err := dialFrom(ctx, addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", err
	}
	go func() { _, _ = io.Copy(c, strings.NewReader(text)) }() // fails when the server has heard enough
	var answer bytes.Buffer
	var first [4096]byte
	for {
		n, err := c.Read(first[:])
		answer.Write(first[:n])
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return answer.String(), fmt.Errorf("not closed: %w", err)
		case err != nil, strings.Contains(answer.String(), "\r\n\r\n"):
			return answer.String(), nil
		}
	}
}

// joinAs opens a WebSocket, sends a frame and returns when it is closed, which it must be.
func joinAs(ctx context.Context, p *process, frame string) error {
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, _, addr string) (net.Conn, error) { return dialFrom(ctx, addr) }}
	ws, answer, err := dialer.DialContext(ctx, "ws://"+p.addr+"/ws/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	defer ws.Close()
	if err := ws.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
		return err
	}
	if err := ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		return err
	}
	for {
		_, _, err := ws.ReadMessage()
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return fmt.Errorf("not closed: %w", err)
		case err != nil:
			return nil
		}
	}
}

// horde opens connections, keeps those it gets, and returns how many are open in the end.
func horde(ctx context.Context, t *testing.T, addr string) int {
	t.Helper()
	var kept []net.Conn
	for range hordes {
		c, err := dialFrom(ctx, addr)
		switch {
		case err != nil:
		case !silent(t, c, time.Millisecond):
			_ = c.Close()
		default:
			kept = append(kept, c)
			t.Cleanup(func() { _ = c.Close() })
		}
	}
	open := 0
	for _, c := range kept {
		if silent(t, c, time.Millisecond) { // else it was closed, if late
			open++
		}
	}
	return open
}

// silent tells whether a connection is open for some time.
func silent(t *testing.T, c net.Conn, d time.Duration) bool {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(d)))
	_, err := c.Read(make([]byte, 1))
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// TestAClientThatNeverReadsIsCutOff lets a member of a group take nothing of what is sent to it; the others get everything.
func TestAClientThatNeverReadsIsCutOff(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	p := newProcess(t)
	p.start()
	people, ids := newPeople(ctx, t, p.url(), 3)
	ada, ben, deaf := people[0], people[1], people[2]
	group, err := ada.CreateGroup(ctx, "Loud", ids[1], ids[2])
	require.NoError(t, err)
	sub, err := ben.Subscribe(ctx)
	require.NoError(t, err)
	defer sub.Close()
	ws := neverRead(ctx, t, p, deaf)
	defer ws.Close()
	require.Eventually(t, func() bool { return connections(ctx, t, p) == 2 }, 10*time.Second, 10*time.Millisecond)

	const senders = 8 // at once; events come in the order of their seqs
	var sent, got int
	text := strings.Repeat("🦜", 200) // the largest event
	for connections(ctx, t, p) == 2 {
		race(t, senders, func(int) (sdk.Message, error) { return ada.Send(ctx, group.ConversationID, text) })
		sent += senders
	}
	t.Logf("cut off after %d messages", sent)
	for ; got < sent; got++ {
		m, err := sub.Next(ctx)
		require.NoError(t, err)
		require.EqualValues(t, got+1, m.Seq)
	}
}

// neverRead opens a connection that authenticates and then takes nothing from the network.
func neverRead(ctx context.Context, t *testing.T, p *process, who *sdk.Client) *websocket.Conn {
	t.Helper()
	narrow := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error { // before it connects: the window stays small
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2<<10) })
	}}
	dialer := websocket.Dialer{NetDialContext: narrow.DialContext}
	ws, answer, err := dialer.DialContext(ctx, "ws://"+p.addr+"/ws/socket.io/?EIO=4&transport=websocket", nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(`40{"token":"`+who.Tokens().AccessToken+`"}`)))
	return ws
}

// connections asks the server how many authenticated sockets it has.
func connections(ctx context.Context, t *testing.T, p *process) int {
	t.Helper()
	return int(metric(ctx, t, p, "chat_gateway_authenticated_connections"))
}

// metric reads one series of the server.
func metric(ctx context.Context, t *testing.T, p *process, series string) float64 {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url()+"/metrics", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "\n"+series+" ")
	require.True(t, found, series)
	var value float64
	_, err = fmt.Sscan(rest, &value)
	require.NoError(t, err)
	return value
}
