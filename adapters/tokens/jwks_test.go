package tokens

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOnlyKeysForAccessTokensAreTaken(t *testing.T) {
	a := newAuthority(t, time.Now)
	var published struct{ Keys []map[string]any }
	require.NoError(t, json.Unmarshal(a.JWKS(), &published))
	changes := map[string]map[string]any{
		"another key type":      {"kty": "EC"},
		"another curve":         {"crv": "Ed448"},
		"another algorithm":     {"alg": "HS256"},
		"for encryption":        {"use": "enc"},
		"of no use":             {"use": nil},
		"without a name":        {"kid": ""},
		"a name that is none":   {"kid": 7},
		"too short":             {"x": "AAAA"},
		"not of base64":         {"x": strings.Repeat("*", 43)},
		"of another base64":     {"x": published.Keys[0]["x"].(string) + "="},
		"without a key at all":  {"x": nil},
		"the name of no object": {"kid": map[string]any{}},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			altered := map[string]any{}
			for k, v := range published.Keys[0] {
				altered[k] = v
			}
			for k, v := range change {
				altered[k] = v
			}
			text, err := json.Marshal(map[string]any{"keys": []any{altered}})
			require.NoError(t, err)
			_, err = parseJWKS(text)
			require.ErrorContains(t, err, "no key")
			text, err = json.Marshal(map[string]any{"keys": []any{altered, published.Keys[0]}})
			require.NoError(t, err)
			keys, err := parseJWKS(text)
			require.NoError(t, err, "it does not spoil the good one")
			require.Len(t, keys, 1)
			require.Equal(t, a.public(), keys[a.keyID])
		})
	}
}
