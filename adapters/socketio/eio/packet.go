package eio

import (
	"errors"
	"fmt"
)

// Type is the kind of a packet, written on the wire as one ASCII digit.
type Type byte

// The seven packet types of Engine.IO v4.
const (
	Open Type = iota
	Close
	Ping
	Pong
	Message
	Upgrade
	Noop
)

var typeNames = [...]string{"open", "close", "ping", "pong", "message", "upgrade", "noop"}

// String returns the name the protocol gives the type.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", byte(t))
}

// What a decoder refuses.
var (
	ErrEmptyPacket = errors.New("empty packet")
	ErrUnknownType = errors.New("unknown packet type")
	ErrBadBase64   = errors.New("binary packet is not base64")
)

// Packet is one decoded packet. Only a message can be binary.
type Packet struct {
	Type   Type
	Binary bool
	Data   []byte
}

// Wire is one packet as a WebSocket carries it: the type digit and the data as text, or a
// message's bare data as binary.
type Wire struct {
	Data   []byte
	Binary bool
}

// Wire encodes p. The data of a binary message is shared, not copied.
func (p Packet) Wire() Wire {
	if p.Binary {
		return Wire{Data: p.Data, Binary: true}
	}
	text := make([]byte, 0, 1+len(p.Data))
	text = append(text, '0'+byte(p.Type))
	return Wire{Data: append(text, p.Data...)}
}

// Packet decodes w. The packet's data points into w.
func (w Wire) Packet() (Packet, error) {
	if w.Binary {
		return Packet{Type: Message, Binary: true, Data: w.Data}, nil
	}
	if len(w.Data) == 0 {
		return Packet{}, ErrEmptyPacket
	}
	t := Type(w.Data[0] - '0')
	if t > Noop {
		return Packet{}, ErrUnknownType
	}
	return Packet{Type: t, Data: w.Data[1:]}, nil
}
