package domain

import (
	"encoding/binary"
	"time"
)

// MessageID is a ULID whose last 40 bits are the message's seq, so that a message is found by its id without an
// index. The other random bits make ids unguessable: always compare the whole id with the stored one.
type MessageID string

const (
	messageIDLen = 26
	crockford    = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// MessageIDEntropy is the random part of a message id.
type MessageIDEntropy [5]byte

// NewMessageID builds the id of the message posted at a time and seq. It panics on a seq outside 1…MaxSeq: no
// allocation has one.
func NewMessageID(at time.Time, entropy MessageIDEntropy, seq Seq) MessageID {
	if seq < 1 || seq > MaxSeq {
		panic("domain: message id for a seq out of range")
	}
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[0:8], uint64(at.UnixMilli())<<16)
	copy(raw[6:11], entropy[:])
	var low [8]byte
	binary.BigEndian.PutUint64(low[:], uint64(seq))
	copy(raw[11:16], low[3:8])
	return MessageID(encodeULID(raw))
}

// ParseMessageID returns the id in s, or ErrMessageNotFound: an id that is not canonical was never given out.
func ParseMessageID(s string) (MessageID, error) {
	if len(s) != messageIDLen || s[0] > '7' {
		return "", ErrMessageNotFound
	}
	for i := range len(s) {
		if crockfordValue(s[i]) < 0 {
			return "", ErrMessageNotFound
		}
	}
	id := MessageID(s)
	if id.Seq() < 1 {
		return "", ErrMessageNotFound
	}
	return id, nil
}

// Seq returns the seq the id carries.
func (id MessageID) Seq() Seq {
	var seq Seq
	for i := messageIDLen - 8; i < messageIDLen; i++ { // 8 characters × 5 bits
		seq = seq<<5 | Seq(crockfordValue(id[i]))
	}
	return seq
}

// Time returns when the message was posted, to the millisecond.
func (id MessageID) Time() time.Time {
	var ms int64
	for i := range 10 { // 10 characters × 5 bits, the top two unused
		ms = ms<<5 | int64(crockfordValue(id[i]))
	}
	return time.UnixMilli(ms).UTC()
}

// encodeULID writes 128 bits as 26 base-32 characters, most significant first.
func encodeULID(raw [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	var out [messageIDLen]byte
	for i := messageIDLen - 1; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}

func crockfordValue(c byte) int {
	for i := range len(crockford) {
		if crockford[i] == c {
			return i
		}
	}
	return -1
}
