package redis

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzEnvelope: what can be read can be written, and is the same when it is read again.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{"v":1}`, `{"v":2}`, `{"v":1,"revoked":["s",""]}`, `{"v":1,"deliveries":[{"name":"n","payload":{"a":[]},"users":["u"],"trace":"x"}]}`,
		`{"v":1,"deliveries":[{"name":"n","seq":-1,"created_at":"9999-12-31T23:59:59.999999999Z"},null]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		first, err := decode(message)
		if err != nil {
			return
		}
		for i, d := range first.Deliveries { // as a gateway does
			first.Deliveries[i] = deliveryOf(d.port())
		}
		encoded, err := encode(first)
		require.NoError(t, err)
		second, err := decode(string(encoded))
		require.NoError(t, err)
		again, err := encode(second)
		require.NoError(t, err)
		require.Equal(t, string(encoded), string(again))
	})
}
