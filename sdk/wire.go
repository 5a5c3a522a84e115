package sdk

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chatsystem/sdk/internal/sio"
)

// The limits of one connection.
const (
	writeTimeout = 10 * time.Second
	maxFrame     = 1 << 20
)

// wire is one Socket.IO connection over WebSocket. One goroutine reads; any may write.
type wire struct {
	ws        *websocket.Conn
	heartbeat time.Duration // silence longer than this is a dead server
	live      bool          // the server has accepted the token; set and read by the reader only
	unhook    func() bool

	mu   sync.Mutex
	used string // the token last shown
}

// dialWire connects and asks to join the root namespace with the token. The wire is cut when ctx ends.
func (c *Client) dialWire(ctx context.Context, token string) (*wire, error) {
	target := *c.base
	target.Scheme = map[string]string{"http": "ws", "https": "wss"}[c.base.Scheme]
	target.Path += "/ws/socket.io/"
	target.RawQuery = "EIO=4&transport=websocket"
	dialing, cancel := context.WithTimeout(ctx, c.cfg.requestTimeout)
	defer cancel()
	ws, resp, err := c.dialer().DialContext(dialing, target.String(), http.Header{"User-Agent": {c.cfg.userAgent}})
	if resp != nil {
		resp.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	ws.SetReadLimit(maxFrame)
	w := &wire{ws: ws, used: token}
	w.unhook = context.AfterFunc(ctx, func() { _ = ws.Close() })
	if err := w.open(token); err != nil {
		w.close()
		return nil, fmt.Errorf("handshake: %w", err)
	}
	return w, nil
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

// open reads the handshake and asks to join.
func (w *wire) open(token string) error {
	if err := w.ws.SetReadDeadline(time.Now().Add(authTimeout)); err != nil {
		return err
	}
	p, err := w.next()
	if err != nil {
		return err
	}
	terms, err := sio.ParseHandshake(p)
	if err != nil {
		return err
	}
	w.heartbeat = terms.PingInterval + terms.PingTimeout
	frame, err := sio.ConnectFrame(map[string]string{"token": token})
	if err != nil {
		return err
	}
	return w.write(frame)
}

// read returns the next packet that means something to the caller; heartbeats are answered on the way. Before
// the wire is live it fails after authTimeout, afterwards when the server has been silent for longer than it promised.
func (w *wire) read() (sio.Packet, error) {
	for {
		if w.live {
			if err := w.ws.SetReadDeadline(time.Now().Add(w.heartbeat)); err != nil {
				return sio.Packet{}, err
			}
		}
		p, err := w.next()
		if err != nil {
			return sio.Packet{}, fmt.Errorf("read: %w", err)
		}
		switch p.Kind {
		case sio.Ping:
			if err := w.write([]byte(sio.PongFrame)); err != nil {
				return sio.Packet{}, fmt.Errorf("pong: %w", err)
			}
		case sio.Close:
			return sio.Packet{}, fmt.Errorf("closed by the server")
		default:
			return p, nil
		}
	}
}

// next reads frames until a text frame: binary ones are attachments of events we have no use for.
func (w *wire) next() (sio.Packet, error) {
	for {
		kind, frame, err := w.ws.ReadMessage()
		if err != nil {
			return sio.Packet{}, err
		}
		if kind == websocket.TextMessage {
			return sio.Decode(frame)
		}
	}
}

// authenticate shows a fresh token on the open connection.
func (w *wire) authenticate(token string) error {
	frame, err := sio.EventFrame("authenticate", map[string]string{"token": token})
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.used = token
	w.mu.Unlock()
	return w.write(frame)
}

// token returns the token last shown.
func (w *wire) token() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.used
}

func (w *wire) write(frame []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ws.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return w.ws.WriteMessage(websocket.TextMessage, frame)
}

func (w *wire) close() {
	w.unhook()
	_ = w.ws.Close()
}
