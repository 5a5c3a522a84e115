package eio_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/eio"
)

func TestHandshakeHasExactlyTheFiveKeys(t *testing.T) {
	h := eio.Handshake{
		SID: "abc", PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, MaxPayload: 16384,
	}
	require.Equal(t,
		`0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":16384}`,
		string(h.Wire().Data))
	h.Upgrades = []string{"websocket"}
	require.Equal(t,
		`0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":16384}`,
		string(h.Wire().Data))
}

func TestFaultsReadAsTheProtocolSpellsThem(t *testing.T) {
	tests := map[eio.Fault]struct {
		status int
		body   string
	}{
		eio.UnknownTransport:   {400, `{"code":0,"message":"Transport unknown"}`},
		eio.UnknownSession:     {400, `{"code":1,"message":"Session ID unknown"}`},
		eio.BadHandshakeMethod: {400, `{"code":2,"message":"Bad handshake method"}`},
		eio.BadRequest:         {400, `{"code":3,"message":"Bad request"}`},
		eio.Forbidden:          {403, `{"code":4,"message":"Forbidden"}`},
		eio.UnsupportedVersion: {400, `{"code":5,"message":"Unsupported protocol version"}`},
	}
	for fault, want := range tests {
		t.Run(fault.Error(), func(t *testing.T) {
			require.Equal(t, want.status, fault.Status())
			require.Equal(t, want.body, string(fault.Body()))
		})
	}
}

func TestPacketsBeforeABrokenOneAreReturned(t *testing.T) {
	packets, err := eio.DecodePayload([]byte("4a\x1e4b\x1e9\x1e4c"))
	require.ErrorIs(t, err, eio.ErrUnknownType)
	require.ErrorContains(t, err, "packet 3")
	require.Len(t, packets, 2)
	require.Equal(t, "b", string(packets[1].Data))
}

func TestAnEmptyPayloadIsAnError(t *testing.T) {
	_, err := eio.DecodePayload(nil)
	require.ErrorIs(t, err, eio.ErrEmptyPacket)
}

func TestABinaryWireIsAlwaysAMessage(t *testing.T) {
	for _, data := range [][]byte{nil, {'2'}, {0xff}} {
		p, err := eio.Wire{Data: data, Binary: true}.Packet()
		require.NoError(t, err)
		require.Equal(t, eio.Packet{Type: eio.Message, Binary: true, Data: data}, p)
	}
}

func TestAnUnknownTypeHasAName(t *testing.T) {
	require.Equal(t, "noop", eio.Noop.String())
	require.Equal(t, "type 7", eio.Type(7).String())
}
