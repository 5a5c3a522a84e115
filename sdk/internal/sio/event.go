package sio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// reserved are the names the protocol keeps for itself.
var reserved = []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}

// Event returns the name and the arguments of an event packet.
func (p Packet) Event() (name string, args []json.RawMessage, err error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(p.Data, &parts); err != nil || len(parts) == 0 {
		return "", nil, fmt.Errorf("%w: an event is an array that begins with its name", ErrMalformed)
	}
	var number json.Number
	switch first := parts[0]; {
	case first[0] == '"' && json.Unmarshal(first, &name) == nil:
	case first[0] != 'n' && json.Unmarshal(first, &number) == nil:
		name = number.String()
	default:
		return "", nil, fmt.Errorf("%w: an event's name is a string or a number", ErrMalformed)
	}
	if slices.Contains(reserved, name) {
		return "", nil, fmt.Errorf("%w: %q is a reserved name", ErrMalformed, name)
	}
	return name, parts[1:], nil
}

// ParseHandshake reads the payload of Open.
func ParseHandshake(p Packet) (Handshake, error) {
	var wire struct {
		SID          string `json:"sid"`
		PingInterval int64  `json:"pingInterval"` // ms
		PingTimeout  int64  `json:"pingTimeout"`  // ms
		MaxPayload   int    `json:"maxPayload"`
	}
	if p.Kind != Open || json.Unmarshal(p.Data, &wire) != nil {
		return Handshake{}, fmt.Errorf("%w: not a handshake", ErrMalformed)
	}
	if wire.SID == "" || wire.PingInterval <= 0 || wire.PingTimeout <= 0 {
		return Handshake{}, fmt.Errorf("%w: incomplete handshake", ErrMalformed)
	}
	return Handshake{
		SID:          wire.SID,
		PingInterval: time.Duration(wire.PingInterval) * time.Millisecond,
		PingTimeout:  time.Duration(wire.PingTimeout) * time.Millisecond,
		MaxPayload:   wire.MaxPayload,
	}, nil
}

// ConnectFrame asks to join the root namespace with the given auth payload.
func ConnectFrame(auth any) ([]byte, error) { return encode("40", auth) }

// EventFrame is an event of the root namespace.
func EventFrame(name string, args ...any) ([]byte, error) {
	return encode("42", append([]any{name}, args...))
}

func encode(prefix string, payload any) ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteString(prefix)
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(payload); err != nil {
		return nil, fmt.Errorf("encode payload: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
