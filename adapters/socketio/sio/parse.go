package sio

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a parser refuses; any of them ends the connection they came on.
var (
	errEncoding           = errors.New("packet is not valid UTF-8")
	errType               = errors.New("unknown packet type")
	errAttachments        = errors.New("bad attachment count")
	errTooManyAttachments = errors.New("too many attachments")
	errAckID              = errors.New("bad ack id")
	errPayload            = errors.New("payload does not fit the packet type")
	errEventName          = errors.New("event without a name")
)

// Parse reads the text part of a packet and returns how many attachments it announces; the packet
// is complete once they are in its Args. The packet's Data points into text.
func Parse(text []byte) (p Packet, attachments int, err error) {
	if !utf8.Valid(text) {
		return Packet{}, 0, errEncoding // a namespace may be sent back, and a text frame must be UTF-8
	}
	if len(text) == 0 || text[0] < '0' || text[0] > '0'+byte(binaryAck) {
		return Packet{}, 0, errType
	}
	kind, rest := Type(text[0]-'0'), text[1:]
	p.Type = kind
	if kind == binaryEvent || kind == binaryAck {
		p.Type -= binaryEvent - Event
		if attachments, rest, err = cutAttachments(rest); err != nil {
			return Packet{}, 0, err
		}
	}
	p.Namespace, rest = cutNamespace(rest)
	if rest, err = p.cutID(rest); err != nil {
		return Packet{}, 0, err
	}
	if err := p.setPayload(rest); err != nil {
		return Packet{}, 0, err
	}
	return p, attachments, nil
}

func cutAttachments(text []byte) (n int, rest []byte, err error) {
	count, rest, found := bytes.Cut(text, []byte{'-'})
	if !found || digits(count) != len(count) {
		return 0, nil, errAttachments
	}
	n, err = strconv.Atoi(string(count))
	switch {
	case err != nil:
		return 0, nil, errAttachments
	case n > MaxAttachments:
		return 0, nil, errTooManyAttachments
	}
	return n, rest, nil
}

// cutNamespace reads up to the comma, which may be missing where nothing follows.
func cutNamespace(text []byte) (namespace string, rest []byte) {
	if len(text) == 0 || text[0] != '/' {
		return RootNamespace, text
	}
	name, rest, _ := bytes.Cut(text, []byte{','})
	return string(name), rest
}

func (p *Packet) cutID(text []byte) (rest []byte, err error) {
	n := digits(text)
	mayHaveID := p.Type == Event || p.Type == Ack
	switch {
	case n > 0 && !mayHaveID, n == 0 && p.Type == Ack:
		return nil, errAckID
	case n == 0:
		return text, nil
	}
	p.HasID = true
	p.ID, err = strconv.ParseUint(string(text[:n]), 10, 53) // JavaScript's safe integers
	if err != nil {
		return nil, errAckID
	}
	return text[n:], nil
}

// setPayload checks the JSON against the packet's type and stores it.
func (p *Packet) setPayload(text []byte) error {
	if len(text) == 0 && (p.Type == Connect || p.Type == Disconnect) {
		return nil
	}
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 {
		return errPayload
	}
	switch form := text[0]; {
	case p.Type == Connect && form == '{' && json.Valid(text),
		p.Type == ConnectError && (form == '{' || form == '"') && json.Valid(text):
		p.Data = text
		return nil
	case p.Type == Event && form == '[', p.Type == Ack && form == '[':
		return p.setArgs(text)
	default:
		return errPayload
	}
}

func (p *Packet) setArgs(array []byte) error {
	var values []json.RawMessage
	if err := json.Unmarshal(array, &values); err != nil {
		return errPayload
	}
	if p.Type == Ack {
		p.Args.Values = values
		return nil
	}
	if len(values) == 0 {
		return errEventName
	}
	name, err := eventName(values[0])
	if err != nil {
		return err
	}
	p.Name, p.Args.Values = name, values[1:]
	return nil
}

// eventName reads the first element of an event: a string, or a number, which is then named by
// its digits.
func eventName(raw json.RawMessage) (string, error) {
	switch c := raw[0]; {
	case c == '-', c >= '0' && c <= '9':
		return string(raw), nil
	case c != '"':
		return "", errEventName
	}
	name := string(raw[1 : len(raw)-1])
	if strings.Contains(name, `\`) {
		if err := json.Unmarshal(raw, &name); err != nil {
			return "", errEventName
		}
	}
	if Reserved(name) {
		return "", ErrReservedName
	}
	return name, nil
}

// digits returns the length of the run of ASCII digits that text starts with.
func digits(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
