// Package sio is the client's half of two protocols: Engine.IO v4 packets (one per frame of a WebSocket, several in a
// payload of long-polling) and the Socket.IO v5 packets inside. It turns frames into packets and events into frames, and
// does no I/O.
package sio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Kind says what a packet is, whichever of the two layers it belongs to.
type Kind int

// The kinds of packets. Those from Connect on travel inside an Engine.IO message.
const (
	Open  Kind = iota // the handshake; Data is what ParseHandshake reads
	Close             // the server ends the session
	Ping              // to be answered with PongFrame
	Pong
	Upgrade
	Noop
	Connect      // a namespace was joined
	Disconnect   // the server put us out of a namespace
	Event        // Data is [name, arguments...]
	Ack          // Data is [results...]
	ConnectError // Data is {"message": ...}
	BinaryEvent  // followed by Attachments binary frames
	BinaryAck    // likewise
)

// PongFrame answers a Ping.
const PongFrame = "3"

// DisconnectFrame leaves the root namespace.
const DisconnectFrame = "41"

// NoAck is the AckID of a packet that asks for no acknowledgement.
const NoAck = -1

// The limits of the reference implementation.
const (
	maxAttachments = 10
	maxAckID       = 1<<53 - 1
)

// Packet is one decoded text frame.
type Packet struct {
	Kind        Kind
	Namespace   string // "/" unless the packet names another
	AckID       int64  // NoAck when there is none
	Attachments int
	Data        json.RawMessage // nil when there is none; shares the frame's memory
}

// Handshake is the payload of Open: the session's id and its terms.
type Handshake struct {
	SID          string
	PingInterval time.Duration
	PingTimeout  time.Duration
	MaxPayload   int
}

// ErrMalformed is wrapped by every error of this package.
var ErrMalformed = errors.New("malformed packet")

// Decode reads one text frame.
func Decode(frame []byte) (Packet, error) {
	if len(frame) == 0 {
		return Packet{}, fmt.Errorf("%w: empty frame", ErrMalformed)
	}
	p := Packet{Namespace: "/", AckID: NoAck}
	rest := frame[1:]
	switch frame[0] {
	case '0':
		p.Kind = Open
	case '1':
		p.Kind = Close
	case '2':
		p.Kind = Ping
	case '3':
		p.Kind = Pong
	case '4':
		return decodeMessage(p, rest)
	case '5':
		p.Kind = Upgrade
	case '6':
		p.Kind = Noop
	default:
		return Packet{}, fmt.Errorf("%w: unknown type %q", ErrMalformed, frame[0])
	}
	if len(rest) > 0 {
		p.Data = rest
	}
	return p, nil
}

// decodeMessage reads <type>[<attachments>-][<namespace>,][<ack id>][<JSON>].
func decodeMessage(p Packet, b []byte) (Packet, error) {
	if len(b) == 0 || b[0] < '0' || b[0] > '6' {
		return Packet{}, fmt.Errorf("%w: unknown message type", ErrMalformed)
	}
	p.Kind, b = Connect+Kind(b[0]-'0'), b[1:]
	if p.Kind == BinaryEvent || p.Kind == BinaryAck {
		digits, rest := splitDigits(b)
		n, err := strconv.Atoi(string(digits))
		if err != nil || n > maxAttachments || len(rest) == 0 || rest[0] != '-' {
			return Packet{}, fmt.Errorf("%w: attachment count", ErrMalformed)
		}
		p.Attachments, b = n, rest[1:]
	}
	if len(b) > 0 && b[0] == '/' {
		name, rest, _ := bytes.Cut(b, []byte(","))
		p.Namespace, b = string(name), rest
	}
	if digits, rest := splitDigits(b); len(digits) > 0 {
		id, err := strconv.ParseInt(string(digits), 10, 64)
		if err != nil || id > maxAckID {
			return Packet{}, fmt.Errorf("%w: ack id", ErrMalformed)
		}
		p.AckID, b = id, rest
	}
	if len(b) > 0 {
		if !json.Valid(b) {
			return Packet{}, fmt.Errorf("%w: payload is not JSON", ErrMalformed)
		}
		p.Data = b
	}
	return p, checkPayload(p)
}

// checkPayload refuses a payload of the wrong shape for its kind.
func checkPayload(p Packet) error {
	var first byte
	if len(p.Data) > 0 {
		first = bytes.TrimLeft(p.Data, " \t\r\n")[0]
	}
	var ok bool
	switch p.Kind {
	case Event, BinaryEvent:
		_, _, err := p.Event()
		return err
	case Ack, BinaryAck:
		ok = first == '[' && p.AckID != NoAck
	case Connect:
		ok = (first == '{' || first == 0) && p.AckID == NoAck
	case ConnectError:
		ok = (first == '{' || first == '"') && p.AckID == NoAck
	case Disconnect:
		ok = first == 0 && p.AckID == NoAck
	default:
		ok = true // Engine.IO's own, not of this layer
	}
	if !ok {
		return fmt.Errorf("%w: payload does not fit its type", ErrMalformed)
	}
	return nil
}

func splitDigits(b []byte) (digits, rest []byte) {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return b[:n], b[n:]
}
