package sdk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"chatsystem/sdk/internal/sio"
)

// wire is one Socket.IO connection. One goroutine reads; any may write.
type wire struct {
	carrier
	heartbeat time.Duration // silence longer than this is a dead server
	authBy    time.Time     // until then the server must have accepted the token
	live      bool          // it has; set and read by the reader only

	mu   sync.Mutex
	used string // the token last shown
}

// connect opens a connection over a transport and asks to join the root namespace with the token. It is cut when ctx
// ends.
func (c *Client) connect(ctx context.Context, t Transport, token string) (*wire, error) {
	by := time.Now().Add(authTimeout)
	line, terms, err := c.open(ctx, t)
	if err != nil {
		return nil, err
	}
	w := &wire{carrier: line, heartbeat: terms.PingInterval + terms.PingTimeout, authBy: by, used: token}
	frame, err := sio.ConnectFrame(map[string]string{"token": token})
	if err == nil {
		err = w.write(frame)
	}
	if err != nil {
		w.close()
		return nil, fmt.Errorf("%s: join: %w", t, err)
	}
	return w, nil
}

// next returns the next packet that means something to the caller; heartbeats are answered on the way. Before the
// wire is live it fails after authTimeout, afterwards when the server has been silent for longer than it promised.
func (w *wire) next() (sio.Packet, error) {
	for {
		by := w.authBy
		if w.live {
			by = time.Now().Add(w.heartbeat)
		}
		frame, err := w.read(by)
		if err != nil {
			return sio.Packet{}, fmt.Errorf("read: %w", err)
		}
		p, err := sio.Decode(frame)
		if err != nil {
			return sio.Packet{}, fmt.Errorf("read: %w", err)
		}
		switch p.Kind {
		case sio.Ping:
			if err := w.write([]byte(sio.PongFrame)); err != nil {
				return sio.Packet{}, fmt.Errorf("pong: %w", err)
			}
		case sio.Close:
			return sio.Packet{}, errors.New("closed by the server")
		default:
			return p, nil
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
