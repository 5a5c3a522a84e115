package eio_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/eio"
)

// FuzzDecodePayload: whatever can be read survives being written and read again, and PayloadSize
// tells the truth.
func FuzzDecodePayload(f *testing.F) {
	for _, seed := range []string{
		"", "4hello", "2\x1e3probe", "4hello\x1ebAQIDBA==", "b", "b\x1e4", "bAQ\n==", "7", "\x1e", "0{}\x1e1\x1e5\x1e6", "4\xff\xfe",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		packets, err := eio.DecodePayload(payload)
		if err != nil {
			return
		}
		var again []byte
		size := 0
		for _, p := range packets {
			again = eio.AppendPayload(again, p.Wire())
			size += eio.PayloadSize(p.Wire())
		}
		require.Len(t, again, size-1) // no separator before the first
		repeated, err := eio.DecodePayload(again)
		require.NoError(t, err)
		require.Equal(t, len(packets), len(repeated))
		for i, p := range packets {
			require.Equal(t, p.Type, repeated[i].Type)
			require.Equal(t, p.Binary, repeated[i].Binary)
			require.Equal(t, string(p.Data), string(repeated[i].Data))
		}
	})
}

// FuzzPacket: one text message is refused or round-trips byte by byte.
func FuzzPacket(f *testing.F) {
	for _, seed := range []string{"", "0{}", "2probe", "4hello", "7", "b", "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := (eio.Wire{Data: text}).Packet(); err == nil {
			require.Equal(t, text, p.Wire().Data)
		}
	})
}
