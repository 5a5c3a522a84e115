package eio

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// Separator stands between the packets of a payload. JSON escapes it inside strings, so it
// cannot occur within a Socket.IO packet.
const Separator = '\x1e'

const binaryMark = 'b'

// AppendPayload adds w to the payload dst, behind a separator unless dst is empty.
func AppendPayload(dst []byte, w Wire) []byte {
	if len(dst) > 0 {
		dst = append(dst, Separator)
	}
	if !w.Binary {
		return append(dst, w.Data...)
	}
	dst = append(dst, binaryMark)
	return base64.StdEncoding.AppendEncode(dst, w.Data)
}

// PayloadSize returns how many bytes AppendPayload adds for w, the separator included.
func PayloadSize(w Wire) int {
	if !w.Binary {
		return 1 + len(w.Data)
	}
	return 2 + base64.StdEncoding.EncodedLen(len(w.Data))
}

// DecodePayload splits a payload into its packets. At the first packet it cannot read it stops
// and returns those before it together with the error. Text data points into payload.
func DecodePayload(payload []byte) ([]Packet, error) {
	var packets []Packet
	for n := 1; ; n++ {
		part, rest, more := bytes.Cut(payload, []byte{Separator})
		p, err := decodePart(part)
		if err != nil {
			return packets, fmt.Errorf("packet %d of the payload: %w", n, err)
		}
		packets = append(packets, p)
		if !more {
			return packets, nil
		}
		payload = rest
	}
}

func decodePart(part []byte) (Packet, error) {
	if len(part) == 0 || part[0] != binaryMark {
		return Wire{Data: part}.Packet()
	}
	data, err := base64.StdEncoding.AppendDecode(nil, part[1:])
	if err != nil {
		return Packet{}, ErrBadBase64
	}
	return Packet{Type: Message, Binary: true, Data: data}, nil
}
