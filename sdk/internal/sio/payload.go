package sio

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// Separator stands between the packets of a long-polling payload. JSON escapes it, so no packet contains it.
const Separator = '\x1e'

// Frame is one packet of a payload, as a WebSocket would carry it.
type Frame struct {
	Binary bool
	Data   []byte // of text it shares the payload's memory
}

// SplitPayload returns the packets of a long-polling payload, all of them or none.
func SplitPayload(payload []byte) ([]Frame, error) {
	var frames []Frame
	for part := range bytes.SplitSeq(payload, []byte{Separator}) {
		switch {
		case len(part) == 0:
			return nil, fmt.Errorf("%w: empty packet", ErrMalformed)
		case part[0] == 'b':
			data, err := base64.StdEncoding.DecodeString(string(part[1:]))
			if err != nil {
				return nil, fmt.Errorf("%w: bad base64", ErrMalformed)
			}
			frames = append(frames, Frame{Binary: true, Data: data})
		case part[0] < '0' || part[0] > '6':
			return nil, fmt.Errorf("%w: unknown type %q", ErrMalformed, part[0])
		default:
			frames = append(frames, Frame{Data: part})
		}
	}
	return frames, nil
}
