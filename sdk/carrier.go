package sdk

import (
	"context"
	"errors"
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
	var terms sio.Handshake
	var err error
	switch t {
	case WebSocket:
		line, terms, err = c.openWebSocket(ctx, by)
	case Polling:
		line, terms, err = c.openPolling(ctx, by)
	default:
		err = errors.New("unknown transport")
	}
	if err != nil {
		return nil, sio.Handshake{}, fmt.Errorf("%s: %w", t, err)
	}
	return line, terms, nil
}

// shake reads the session's terms, which come first, or closes it.
func shake(line carrier, by time.Time) (terms sio.Handshake, err error) {
	frame, err := line.read(by)
	var p sio.Packet
	if err == nil {
		p, err = sio.Decode(frame)
	}
	if err == nil {
		terms, err = sio.ParseHandshake(p)
	}
	if err != nil {
		line.close()
	}
	return terms, stepError("handshake", err)
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
