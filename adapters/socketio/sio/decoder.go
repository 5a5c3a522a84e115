package sio

import "errors"

var (
	errTextAmidBinary   = errors.New("text while binary attachments are due")
	errUnexpectedBinary = errors.New("binary attachment without a packet")
)

// Decoder puts packets and their attachments together. It serves one connection, in the order in
// which messages arrive; the zero value is ready. After an error it must not be used again.
type Decoder struct {
	pending *Packet // waits for attachments
	due     int
}

// Text takes a text message. ok tells that p is complete, otherwise attachments are due.
func (d *Decoder) Text(text []byte) (p Packet, ok bool, err error) {
	if d.pending != nil {
		return Packet{}, false, errTextAmidBinary
	}
	p, due, err := Parse(text)
	if err != nil {
		return Packet{}, false, err
	}
	if due > 0 {
		pending := p // a copy, so that the many packets without attachments stay off the heap
		d.pending, d.due = &pending, due
		return Packet{}, false, nil
	}
	return p, true, nil
}

// Binary takes a binary message: the next attachment. ok tells that it was the last one.
func (d *Decoder) Binary(data []byte) (p Packet, ok bool, err error) {
	if d.pending == nil {
		return Packet{}, false, errUnexpectedBinary
	}
	args := &d.pending.Args
	args.Attachments = append(args.Attachments, data)
	if len(args.Attachments) < d.due {
		return Packet{}, false, nil
	}
	p, d.pending = *d.pending, nil
	return p, true, nil
}
