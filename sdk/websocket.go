package sdk

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chatsystem/sdk/internal/sio"
)

// socket carries a session over a WebSocket.
type socket struct {
	ws      *websocket.Conn
	unhook  func() bool
	writing sync.Mutex
}

func (c *Client) openWebSocket(ctx context.Context, by time.Time) (carrier, sio.Handshake, error) {
	target := *c.base
	target.Scheme = map[string]string{"http": "ws", "https": "wss"}[c.base.Scheme]
	target.Path += socketPath
	target.RawQuery = "EIO=4&transport=websocket"
	dialing, cancel := context.WithDeadline(ctx, by)
	defer cancel()
	ws, resp, err := c.dialer().DialContext(dialing, target.String(), http.Header{"User-Agent": {c.cfg.userAgent}})
	if err != nil && resp != nil {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxFrame)) // its beginning, which is all that is kept of it
		resp.Body.Close()
		return nil, sio.Handshake{}, fmt.Errorf("dial: %w", newError(resp.StatusCode, resp.Header, body))
	}
	if err != nil {
		return nil, sio.Handshake{}, fmt.Errorf("dial: %w", err)
	}
	ws.SetReadLimit(maxFrame)
	line := &socket{ws: ws, unhook: context.AfterFunc(ctx, func() { _ = ws.Close() })}
	terms, err := shake(line, by)
	return line, terms, err
}

// dialer takes over what the HTTP client's transport says about the network.
func (c *Client) dialer() *websocket.Dialer {
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, Jar: c.cfg.http.Jar}
	t, ok := c.cfg.http.Transport.(*http.Transport)
	if !ok {
		return d
	}
	d.Proxy, d.NetDialContext, d.NetDialTLSContext = t.Proxy, t.DialContext, t.DialTLSContext
	if t.TLSClientConfig != nil {
		d.TLSClientConfig = t.TLSClientConfig.Clone()
		d.TLSClientConfig.NextProtos = []string{"http/1.1"} // a WebSocket begins as one
	}
	return d
}

// read passes over binary frames: they are attachments of events we have no use for.
func (s *socket) read(by time.Time) ([]byte, error) {
	if err := s.ws.SetReadDeadline(by); err != nil {
		return nil, err
	}
	for {
		kind, frame, err := s.ws.ReadMessage()
		if err != nil || kind == websocket.TextMessage {
			return frame, err
		}
	}
}

func (s *socket) write(packet []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return s.ws.WriteMessage(websocket.TextMessage, packet)
}

func (s *socket) close() {
	s.unhook()
	_ = s.ws.Close()
}
