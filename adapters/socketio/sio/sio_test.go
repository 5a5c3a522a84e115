package sio_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/sio"
)

func TestAnEventIsCompleteWithItsLastAttachment(t *testing.T) {
	var d sio.Decoder
	_, ok, err := d.Text([]byte(`52-["files",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`))
	require.NoError(t, err)
	require.False(t, ok)
	_, ok, err = d.Binary([]byte{1})
	require.NoError(t, err)
	require.False(t, ok)
	p, ok, err := d.Binary([]byte{2})
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "files", p.Name)
	require.Equal(t, [][]byte{{1}, {2}}, p.Args.Attachments)

	p, ok, err = d.Text([]byte(`2["next"]`))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "next", p.Name)
	require.Empty(t, p.Args.Attachments)
}

func TestABinaryTypeWithoutAttachmentsIsCompleteAtOnce(t *testing.T) {
	var d sio.Decoder
	p, ok, err := d.Text([]byte(`50-["hello"]`))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, sio.Event, p.Type)
}

func TestTextIsRefusedWhileAttachmentsAreDue(t *testing.T) {
	var d sio.Decoder
	_, _, err := d.Text([]byte(`51-["file",{"_placeholder":true,"num":0}]`))
	require.NoError(t, err)
	_, _, err = d.Text([]byte(`2["hello"]`))
	require.ErrorContains(t, err, "attachments are due")
}

func TestBinaryIsRefusedWhenNoneIsDue(t *testing.T) {
	var d sio.Decoder
	_, _, err := d.Binary([]byte{1})
	require.ErrorContains(t, err, "without a packet")
}

func TestInvalidUTF8IsRefused(t *testing.T) {
	_, _, err := sio.Parse([]byte("0/\xff,"))
	require.ErrorContains(t, err, "UTF-8")
}

func TestArgumentsKeepTheJSONOfTheSender(t *testing.T) {
	p, _, err := sio.Parse([]byte(`2["e",12345678901234567890,{"b":1.50,"a":"\u00e9"}]`))
	require.NoError(t, err)
	require.Equal(t, []json.RawMessage{[]byte(`12345678901234567890`), []byte(`{"b":1.50,"a":"\u00e9"}`)}, p.Args.Values)
}

func TestMarshalArgs(t *testing.T) {
	received := sio.Args{Values: []json.RawMessage{[]byte(`[{"_placeholder":true,"num":0}]`)}, Attachments: [][]byte{{9}}}
	tests := map[string]struct {
		values []any
		want   sio.Args
	}{
		"no argument": {nil, sio.Args{Values: []json.RawMessage{}}},
		"no HTML escapes": {
			[]any{"<&>"}, sio.Args{Values: []json.RawMessage{[]byte(`"<&>"`)}},
		},
		"raw JSON goes out without its spaces": {
			[]any{json.RawMessage(`{ "b": 1, "a": 2 }`)}, sio.Args{Values: []json.RawMessage{[]byte(`{"b":1,"a":2}`)}},
		},
		"binary arguments are numbered": {
			[]any{sio.Binary{1}, "x", sio.Binary{2}},
			sio.Args{
				Values: []json.RawMessage{
					[]byte(`{"_placeholder":true,"num":0}`), []byte(`"x"`), []byte(`{"_placeholder":true,"num":1}`),
				},
				Attachments: [][]byte{{1}, {2}},
			},
		},
		"received arguments are sent on as they are": {[]any{received}, received},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := sio.MarshalArgs(tc.values...)
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestMarshalArgsRefusesWhatCannotTravel(t *testing.T) {
	eleven := make([]any, sio.MaxAttachments+1)
	for i := range eleven {
		eleven[i] = sio.Binary{byte(i)}
	}
	tests := map[string][]any{
		"a value JSON has no form for": {"fine", math.Inf(1)},
		"broken raw JSON":              {json.RawMessage(`{`)},
		"too many attachments":         eleven,
	}
	for name, values := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := sio.MarshalArgs(values...)
			require.Error(t, err)
		})
	}
}

func TestTheZeroNamespaceIsTheRoot(t *testing.T) {
	require.Equal(t, `2["a"]`, string(sio.Packet{Type: sio.Event, Name: "a"}.AppendText(nil)))
}
