package sio

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDecode(t *testing.T) {
	tests := map[string]struct {
		frame string
		want  Packet
	}{
		"a ping":                          {"2", Packet{Kind: Ping, Namespace: "/", AckID: NoAck}},
		"a close":                         {"1", Packet{Kind: Close, Namespace: "/", AckID: NoAck}},
		"a probe's answer":                {"3probe", Packet{Kind: Pong, Namespace: "/", AckID: NoAck, Data: json.RawMessage("probe")}},
		"a joined namespace":              {`40{"sid":"x"}`, Packet{Kind: Connect, Namespace: "/", AckID: NoAck, Data: json.RawMessage(`{"sid":"x"}`)}},
		"another namespace":               {`40/ws,{"sid":"x"}`, Packet{Kind: Connect, Namespace: "/ws", AckID: NoAck, Data: json.RawMessage(`{"sid":"x"}`)}},
		"a namespace without its comma":   {"41/ws", Packet{Kind: Disconnect, Namespace: "/ws", AckID: NoAck}},
		"a disconnect":                    {"41", Packet{Kind: Disconnect, Namespace: "/", AckID: NoAck}},
		"an event":                        {`42["a",1]`, Packet{Kind: Event, Namespace: "/", AckID: NoAck, Data: json.RawMessage(`["a",1]`)}},
		"an event that wants an answer":   {`42/ws,17["a"]`, Packet{Kind: Event, Namespace: "/ws", AckID: 17, Data: json.RawMessage(`["a"]`)}},
		"an answer":                       {`4317[]`, Packet{Kind: Ack, Namespace: "/", AckID: 17, Data: json.RawMessage(`[]`)}},
		"a refused namespace":             {`44/x,{"message":"no"}`, Packet{Kind: ConnectError, Namespace: "/x", AckID: NoAck, Data: json.RawMessage(`{"message":"no"}`)}},
		"an event with a binary argument": {`451-["a",{"_placeholder":true,"num":0}]`, Packet{Kind: BinaryEvent, Namespace: "/", AckID: NoAck, Attachments: 1, Data: json.RawMessage(`["a",{"_placeholder":true,"num":0}]`)}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Decode([]byte(tc.frame))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]string{
		"an empty frame":                  "",
		"an unknown packet type":          "7",
		"a message without a type":        "4",
		"an unknown message type":         "47",
		"an event without payload":        "42",
		"an event that is no array":       `42{"a":1}`,
		"an event without a name":         "42[]",
		"an event named by an object":     "42[{}]",
		"an event named null":             "42[null]",
		"an event with broken JSON":       `42["a"`,
		"trailing data after an event":    `42["a"]x`,
		"an answer without an id":         "43[]",
		"an ack id beyond 64 bits":        `4299999999999999999999["a"]`,
		"a binary event without a count":  `45["a"]`,
		"a connect answer that is a list": "40[]",
		"a disconnect with a payload":     "41{}",
	}
	for name, frame := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(frame))
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

func TestEventNameAndArguments(t *testing.T) {
	p, err := Decode([]byte(`42["message:new",{"seq":9007199254740993},2]`))
	require.NoError(t, err)

	name, args, err := p.Event()

	require.NoError(t, err)
	require.Equal(t, "message:new", name)
	require.Equal(t, []json.RawMessage{json.RawMessage(`{"seq":9007199254740993}`), json.RawMessage("2")}, args)
}

func TestHandshake(t *testing.T) {
	p, err := Decode([]byte(`0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":16384}`))
	require.NoError(t, err)

	h, err := ParseHandshake(p)

	require.NoError(t, err)
	require.Equal(t, Handshake{SID: "s", PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, MaxPayload: 16384}, h)
}

func TestHandshakeRefuses(t *testing.T) {
	for name, frame := range map[string]string{
		"another packet":     "2",
		"no session id":      `0{"pingInterval":1,"pingTimeout":1}`,
		"no heartbeat":       `0{"sid":"s"}`,
		"a payload not JSON": "0x",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Decode([]byte(frame))
			require.NoError(t, err)
			_, err = ParseHandshake(p)
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

func TestFramesWeSend(t *testing.T) {
	connect, err := ConnectFrame(map[string]string{"token": "a<b"})
	require.NoError(t, err)
	require.Equal(t, `40{"token":"a<b"}`, string(connect), "no HTML escapes")

	event, err := EventFrame("authenticate", map[string]string{"token": "t"})
	require.NoError(t, err)
	require.Equal(t, `42["authenticate",{"token":"t"}]`, string(event))
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"2", `40{"sid":"x"}`, `42/ws,17["a",1]`, `451-["a",{"_placeholder":true,"num":0}]`, "43", "0{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		p, err := Decode(frame)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		if p.Kind == Event || p.Kind == BinaryEvent {
			_, _, err := p.Event()
			require.NoError(t, err)
		}
	})
}
