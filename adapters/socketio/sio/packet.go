package sio

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
)

// Type is the kind of a packet. The two binary kinds of the wire (5 and 6) are an Event and an
// Ack with attachments.
type Type byte

// The packet types, valued as on the wire.
const (
	Connect Type = iota
	Disconnect
	Event
	Ack
	ConnectError
	binaryEvent
	binaryAck
)

// RootNamespace is the namespace which the wire leaves out.
const RootNamespace = "/"

// MaxAttachments is how many binary attachments one packet may announce, as in the Node server.
const MaxAttachments = 10

// ErrReservedName refuses an event whose name the protocol keeps for itself: a stock client
// closes its connection when it reads one.
var ErrReservedName = errors.New("reserved event name")

// Packet is one Socket.IO packet.
type Packet struct {
	Type      Type
	Namespace string // never empty in a parsed packet; empty means RootNamespace when encoding

	// ID is the ack id. Every Ack has one, an Event has one if its sender wants an answer.
	ID    uint64
	HasID bool

	Name string          // an Event's name
	Args Args            // an Event's or Ack's arguments
	Data json.RawMessage // payload of Connect (an object or nil) and ConnectError (an object or a string)
}

// AppendText appends the text part of p to dst. Its attachments, if any, must follow at once, a
// binary message each. The caller guarantees that Data and Args hold valid JSON.
func (p Packet) AppendText(dst []byte) []byte {
	kind := p.Type
	if n := len(p.Args.Attachments); n > 0 {
		kind += binaryEvent - Event
		dst = append(dst, '0'+byte(kind))
		dst = strconv.AppendInt(dst, int64(n), 10)
		dst = append(dst, '-')
	} else {
		dst = append(dst, '0'+byte(kind))
	}
	if p.Namespace != "" && p.Namespace != RootNamespace {
		dst = append(dst, p.Namespace...)
		dst = append(dst, ',')
	}
	if p.HasID {
		dst = strconv.AppendUint(dst, p.ID, 10)
	}
	switch p.Type {
	case Event:
		return p.Args.appendArray(dst, appendString(nil, p.Name))
	case Ack:
		return p.Args.appendArray(dst, nil)
	default:
		return append(dst, p.Data...)
	}
}

var reserved = []string{
	"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
}

// Reserved reports whether name cannot be the name of an event.
func Reserved(name string) bool { return slices.Contains(reserved, name) }
