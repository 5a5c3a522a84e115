package socketio_test

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
)

func newSealer(t testing.TB, key string) *socketio.Sealer {
	t.Helper()
	s, err := socketio.NewSealer(bytes.Repeat([]byte(key), socketio.SealKeySize/len(key)))
	require.NoError(t, err)
	return s
}

func seal(t testing.TB, s *socketio.Sealer, address string) string {
	t.Helper()
	sid, err := s.Seal(address)
	require.NoError(t, err)
	return sid
}

func TestASealedSessionIDNamesItsGateway(t *testing.T) {
	s := newSealer(t, "k")
	for _, address := range []string{
		"10.0.0.7:8080", "[fd00:1234:5678:9abc:def0:1234:5678:9abc]:65535", "gateway-10.gateway:8080",
		strings.Repeat("x", 26), strings.Repeat("x", 27), strings.Repeat("x", 28), strings.Repeat("x", socketio.MaxSealedAddress),
	} {
		sid := seal(t, s, address)
		opened, ok := newSealer(t, "k").Open(sid)
		require.True(t, ok)
		require.Equal(t, address, opened)
		require.Equal(t, sid, url.QueryEscape(sid))
	}
}

func TestASessionIDTellsAClientNothing(t *testing.T) {
	s := newSealer(t, "k")
	seen := map[string]bool{}
	for _, address := range []string{"a:1", "10.0.0.7:8080", "255.255.255.255:65535", strings.Repeat("x", 27)} {
		for range 100 {
			sid := seal(t, s, address)
			require.Len(t, sid, 80)
			require.False(t, seen[sid])
			seen[sid] = true
		}
	}
}

func TestWhatCannotBeSealed(t *testing.T) {
	for _, address := range []string{"", "a:1\x00", strings.Repeat("x", socketio.MaxSealedAddress+1)} {
		_, err := newSealer(t, "k").Seal(address)
		require.Error(t, err)
	}
	_, err := socketio.NewSealer(make([]byte, socketio.SealKeySize-1))
	require.ErrorContains(t, err, "31 bytes")
}

// forgeries are made of a genuine session id, but not by its Sealer.
func forgeries(t testing.TB, sid string) map[string]string {
	t.Helper()
	const address = "10.0.0.7:80"
	bytesOf, err := base64.RawURLEncoding.DecodeString(sid)
	require.NoError(t, err)
	bytesOf[len(bytesOf)/2] ^= 1
	return map[string]string{
		"text":                        "x",
		"an address":                  address,
		"an encoded address":          base64.RawURLEncoding.EncodeToString([]byte(address)),
		"another key's":               seal(t, newSealer(t, "l"), address),
		"one bit is another":          base64.RawURLEncoding.EncodeToString(bytesOf),
		"cut short":                   sid[:len(sid)-4],
		"something follows":           sid + "AAAA",
		"a line break inside":         sid[:40] + "\n" + sid[40:],
		"padded":                      sid + "==",
		"the other alphabet":          base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 60)),
		"longer than any that exists": strings.Repeat(sid, 10),
	}
}

func TestAForgedSessionIDNamesNobody(t *testing.T) {
	s := newSealer(t, "k")
	for name, sid := range forgeries(t, seal(t, s, "10.0.0.7:80")) {
		t.Run(name, func(t *testing.T) {
			address, ok := s.Open(sid)
			require.False(t, ok)
			require.Empty(t, address)
		})
	}
}

func TestASessionIDHasOneSpelling(t *testing.T) {
	s := newSealer(t, "k")
	sid := seal(t, s, strings.Repeat("x", 28)) // 92 bytes: the last character has bits to spare
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(sid) - 1
	for spare := 1; spare < 4; spare++ {
		_, ok := s.Open(sid[:last] + string(digits[strings.IndexByte(digits, sid[last])|spare]))
		require.False(t, ok)
	}
}

// sealedEarlier was made for 10.0.0.7:80 by newSealer("k"): gateways of two releases read each other's ids.
const sealedEarlier = "4Fyh1FRydx89UxeLeMPvi5osDPfl3IDAiUel9bT5_YHaOpBw-VduN_tqOChqfp6GcVysZC4qUQMyRAxC"

// FuzzOpen: nothing opens but what was sealed, and that in one spelling.
func FuzzOpen(f *testing.F) {
	s := newSealer(f, "k")
	f.Add(sealedEarlier)
	for _, sid := range forgeries(f, sealedEarlier) {
		f.Add(sid)
	}
	f.Fuzz(func(t *testing.T, sid string) {
		address, ok := s.Open(sid)
		require.Equal(t, sid == sealedEarlier, ok)
		require.Equal(t, sid == sealedEarlier, address == "10.0.0.7:80")
	})
}
