package sio_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/sio"
)

// FuzzParse: a packet that can be read can be written, the result is UTF-8, and reading it again
// gives the same.
func FuzzParse(f *testing.F) {
	for _, line := range golden(f, "socketio_packets.txt") {
		text, _, _ := strings.Cut(line, "\t")
		f.Add([]byte(text))
	}
	for _, text := range golden(f, "socketio_refused.txt") {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, attachments, err := sio.Parse(text)
		if err != nil {
			return
		}
		require.LessOrEqual(t, attachments, sio.MaxAttachments)
		require.NotEmpty(t, p.Namespace)
		if attachments > 0 {
			p.Args.Attachments = make([][]byte, attachments)
		}
		written := p.AppendText(nil)
		require.True(t, utf8.Valid(written))
		again, attachmentsAgain, err := sio.Parse(written)
		require.NoError(t, err, "%s", written)
		require.Equal(t, attachments, attachmentsAgain)
		again.Args.Attachments = p.Args.Attachments
		require.Equal(t, string(written), string(again.AppendText(nil)))
		require.Equal(t, p.Name, again.Name)
	})
}

// FuzzDecoder: a stream of messages, text and binary, never makes the decoder panic or hand out a
// packet whose attachments are not there.
func FuzzDecoder(f *testing.F) {
	f.Add("52-[\"a\"]", []byte{1}, []byte{2}, "2[\"b\"]")
	f.Add("2[\"a\"]", []byte{}, []byte{}, "50-[\"b\"]")
	f.Fuzz(func(t *testing.T, first string, a, b []byte, last string) {
		var d sio.Decoder
		_, announced, parseErr := sio.Parse([]byte(first))
		p, ok, err := d.Text([]byte(first))
		require.Equal(t, parseErr == nil, err == nil)
		for _, data := range [][]byte{a, b} {
			if ok || err != nil {
				break
			}
			p, ok, err = d.Binary(data)
		}
		if err != nil {
			return
		}
		if ok {
			require.Len(t, p.Args.Attachments, announced)
			return
		}
		_, _, err = d.Text([]byte(last))
		require.Error(t, err)
	})
}
