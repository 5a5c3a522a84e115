package socketio

import (
	"fmt"
	"sync"

	"chatsystem/adapters/socketio/eio"
	"chatsystem/adapters/socketio/sio"
)

// Frame is an event, encoded once and shared by all who receive it, over whatever transport. It
// is immutable and safe for concurrent use.
type Frame struct {
	packet sio.Packet
	wires  sync.Map // namespace -> []eio.Wire, filled as namespaces turn up
}

// NewFrame encodes an event. Arguments are encoded as JSON, json.RawMessage as it is; Binary becomes
// an attachment; a single Args stands for a whole received argument list. It fails on a reserved
// name and on what JSON cannot express.
func NewFrame(event string, args ...any) (*Frame, error) {
	if sio.Reserved(event) {
		return nil, fmt.Errorf("frame %q: %w", event, sio.ErrReservedName)
	}
	encoded, err := sio.MarshalArgs(args...)
	if err != nil {
		return nil, fmt.Errorf("frame %q: %w", event, err)
	}
	return &Frame{packet: sio.Packet{Type: sio.Event, Name: event, Args: encoded}}, nil
}

// in returns the frame as the members of a namespace receive it.
func (f *Frame) in(namespace string) []eio.Wire {
	if wires, ok := f.wires.Load(namespace); ok {
		return wires.([]eio.Wire)
	}
	p := f.packet
	p.Namespace = namespace
	wires, _ := f.wires.LoadOrStore(namespace, encode(p))
	return wires.([]eio.Wire)
}

// encode turns a Socket.IO packet into Engine.IO messages: the text, then its attachments.
func encode(p sio.Packet) []eio.Wire {
	wires := make([]eio.Wire, 0, 1+len(p.Args.Attachments))
	text := p.AppendText([]byte{'0' + byte(eio.Message)})
	wires = append(wires, eio.Wire{Data: text})
	for _, data := range p.Args.Attachments {
		wires = append(wires, eio.Packet{Type: eio.Message, Binary: true, Data: data}.Wire())
	}
	return wires
}
