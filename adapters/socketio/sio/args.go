package sio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Args are the arguments of an event or an acknowledgement. Values keep the JSON as it was
// received or encoded: numbers and key order included. Binary parts stand outside, in
// Attachments, and each value points at its own with {"_placeholder":true,"num":<index>}.
type Args struct {
	Values      []json.RawMessage
	Attachments [][]byte
}

// Binary is an argument that travels as an attachment instead of as base64 in the JSON.
type Binary []byte

// MarshalArgs encodes values. Binary becomes an attachment where it is an argument of its own (not
// inside another value); a single Args is returned as it is, so that received arguments can be sent
// on. It fails on what JSON cannot express and on more than MaxAttachments attachments.
func MarshalArgs(values ...any) (Args, error) {
	if len(values) == 1 {
		if args, ok := values[0].(Args); ok {
			return args, nil
		}
	}
	args := Args{Values: make([]json.RawMessage, len(values))}
	for i, v := range values {
		if b, ok := v.(Binary); ok {
			args.Values[i] = placeholder(len(args.Attachments))
			args.Attachments = append(args.Attachments, b)
			continue
		}
		raw, err := marshal(v)
		if err != nil {
			return Args{}, fmt.Errorf("argument %d: %w", i, err)
		}
		args.Values[i] = raw
	}
	if n := len(args.Attachments); n > MaxAttachments {
		return Args{}, fmt.Errorf("%w: %d", errTooManyAttachments, n)
	}
	return args, nil
}

// appendArray appends the JSON array of first (if any) and the values.
func (a Args) appendArray(dst, first []byte) []byte {
	dst = append(dst, '[')
	dst = append(dst, first...)
	for i, v := range a.Values {
		if i > 0 || first != nil {
			dst = append(dst, ',')
		}
		dst = append(dst, v...)
	}
	return append(dst, ']')
}

func placeholder(num int) json.RawMessage {
	p := strconv.AppendInt([]byte(`{"_placeholder":true,"num":`), int64(num), 10)
	return append(p, '}')
}

// marshal is json.Marshal without the HTML escaping, which would only make frames longer.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

func appendString(dst []byte, s string) []byte {
	quoted, err := marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return append(dst, quoted...)
}
