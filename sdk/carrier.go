package sdk

import (
	"context"
	"fmt"
	"time"

	"chatsystem/sdk/internal/sio"
)

// Transport is a way to carry a live connection.
type Transport string

// The transports. Both bring the same, in the same order.
const (
	WebSocket Transport = "websocket"
	// Polling is HTTP long-polling. It costs a request per answer, and passes wherever requests do.
	Polling Transport = "polling"
)

// socketPath is where the server speaks Socket.IO.
const socketPath = "/ws/socket.io/"

// The limits of one connection.
const (
	writeTimeout = 10 * time.Second
	maxFrame     = 1 << 20 // bytes of one frame, or of one answer to a poll
)

// carrier moves the packets of one Engine.IO session. One goroutine reads; any may write. It is cut when the context
// it was opened with ends.
type carrier interface {
	// read returns the next text packet. It fails at the given time.
	read(by time.Time) ([]byte, error)
	write(packet []byte) error
	close()
}

// open opens a session over a transport and returns it with its terms.
func (c *Client) open(ctx context.Context, t Transport) (carrier, sio.Handshake, error) {
	by := time.Now().Add(min(c.cfg.requestTimeout, authTimeout))
	var line carrier
	var err error
	switch t {
	case WebSocket:
		line, err = c.dialWebSocket(ctx, by)
	case Polling:
		line, err = c.beginPolling(ctx, by)
	default:
		err = fmt.Errorf("unknown transport %q", t)
	}
	if err != nil {
		return nil, sio.Handshake{}, fmt.Errorf("%s: %w", t, err)
	}
	terms, err := shake(line, by)
	if err != nil {
		line.close()
		return nil, sio.Handshake{}, fmt.Errorf("%s: handshake: %w", t, err)
	}
	if p, ok := line.(*polling); ok {
		p.sid = terms.SID
	}
	return line, terms, nil
}

// shake reads the session's terms, which come first.
func shake(line carrier, by time.Time) (sio.Handshake, error) {
	frame, err := line.read(by)
	if err != nil {
		return sio.Handshake{}, err
	}
	p, err := sio.Decode(frame)
	if err != nil {
		return sio.Handshake{}, err
	}
	return sio.ParseHandshake(p)
}

// Probe tells whether a live connection can be opened over t: the answer to "does WebSocket work from here?". It
// needs nobody signed in, and tries once.
func (c *Client) Probe(ctx context.Context, t Transport) error {
	line, _, err := c.open(ctx, t)
	if err != nil {
		return stepError("probe", err)
	}
	line.close()
	return nil
}
