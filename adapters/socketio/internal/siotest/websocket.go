package siotest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// WebSocket is a raw WebSocket, closed when the test ends.
type WebSocket struct {
	t    *testing.T
	conn *websocket.Conn
}

// WebSocket opens one, without the handshake packet being read: a session of its own if sid is
// empty, else an upgrade of sid.
func (c *Client) WebSocket(sid string) *WebSocket {
	c.t.Helper()
	query := "EIO=4&transport=websocket"
	if sid != "" {
		query += "&sid=" + sid
	}
	conn, resp, err := c.dialer.DialContext(c.t.Context(), "ws://"+c.host+c.path+"?"+query, nil)
	require.NoError(c.t, err)
	require.NoError(c.t, resp.Body.Close())
	w := &WebSocket{t: c.t, conn: conn}
	c.t.Cleanup(w.Cut)
	return w
}

// RefusedWebSocket tries to open one and returns the refusal.
func (c *Client) RefusedWebSocket(query string, header http.Header) Answer {
	c.t.Helper()
	_, resp, err := c.dialer.DialContext(c.t.Context(), "ws://"+c.host+c.path+"?"+query, header)
	require.ErrorIs(c.t, err, websocket.ErrBadHandshake)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
}

// OpenWebSocket opens a session on a WebSocket and returns it behind the open packet.
func (c *Client) OpenWebSocket() *WebSocket {
	c.t.Helper()
	w := c.WebSocket("")
	c.SID(w.Read())
	return w
}

// Send writes text messages.
func (w *WebSocket) Send(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		require.NoError(w.t, w.TrySend(text))
	}
}

// TrySend is Send for any goroutine.
func (w *WebSocket) TrySend(text string) error {
	return w.conn.WriteMessage(websocket.TextMessage, []byte(text))
}

// SendBinary writes a binary message.
func (w *WebSocket) SendBinary(data []byte) {
	w.t.Helper()
	require.NoError(w.t, w.conn.WriteMessage(websocket.BinaryMessage, data))
}

// Read returns the next text message.
func (w *WebSocket) Read() string {
	w.t.Helper()
	kind, data := w.read()
	require.Equal(w.t, websocket.TextMessage, kind)
	return string(data)
}

// ReadBinary returns the next binary message.
func (w *WebSocket) ReadBinary() []byte {
	w.t.Helper()
	kind, data := w.read()
	require.Equal(w.t, websocket.BinaryMessage, kind)
	return data
}

func (w *WebSocket) read() (kind int, data []byte) {
	w.t.Helper()
	require.NoError(w.t, w.conn.SetReadDeadline(time.Now().Add(patience)))
	kind, data, err := w.conn.ReadMessage()
	require.NoError(w.t, err)
	return kind, data
}

// Expect reads text messages and requires them to be these.
func (w *WebSocket) Expect(texts ...string) {
	w.t.Helper()
	for _, want := range texts {
		require.Equal(w.t, want, w.Read())
	}
}

// ExpectClosed reads until the end, which must be the next thing to come (pings aside), and
// returns the close code: 1006 if the connection was cut.
func (w *WebSocket) ExpectClosed() int {
	w.t.Helper()
	for {
		data, code := w.ReadOrCode()
		if code != 0 {
			return code
		}
		require.Equal(w.t, "2", string(data))
	}
}

// ReadOrCode returns the next message, or the close code if there is none.
func (w *WebSocket) ReadOrCode() (data []byte, code int) {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(patience)) // fails on what is closed already
	_, data, err := w.conn.ReadMessage()
	if err == nil {
		return data, 0
	}
	var end *websocket.CloseError
	if errors.As(err, &end) {
		return nil, end.Code
	}
	var timeout net.Error
	require.False(w.t, errors.As(err, &timeout) && timeout.Timeout(), "still open: %v", err)
	return nil, websocket.CloseAbnormalClosure
}

// Discard reads whatever comes until the connection ends; for any goroutine.
func (w *WebSocket) Discard() {
	_ = w.conn.SetReadDeadline(time.Time{})
	for {
		if _, _, err := w.conn.ReadMessage(); err != nil {
			return
		}
	}
}

// Cut ends the connection without a word.
func (w *WebSocket) Cut() { _ = w.conn.Close() }
