package tokens

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// FuzzVerifyAccess writes over a good token: whatever comes of it is refused, but for the token itself.
func FuzzVerifyAccess(f *testing.F) {
	now, ada := time.Now(), domain.UserID(portstest.NewUUID())
	a := newAuthority(f, func() time.Time { return now })
	good, err := a.IssueAccess(ports.AccessClaims{User: ada, Session: domain.SessionID(portstest.NewUUID()), ExpiresAt: now.Add(time.Minute)})
	require.NoError(f, err)
	for _, seed := range []struct {
		text string
		at   uint16
	}{
		{"", 0}, {"A", 0}, {"\n", 10}, {"=", uint16(len(good))}, {".", uint16(strings.LastIndex(good, "."))}, {".x", uint16(len(good))},
		{"eyJhbGciOiJub25lIn0", 0}, {"eyJhbGciOiJIUzI1NiIsImtpZCI6IiJ9.", 0}, {"{}.{}.{}" + strings.Repeat(" ", 500), 0},
	} {
		f.Add(seed.text, seed.at)
	}
	f.Fuzz(func(t *testing.T, text string, at uint16) {
		from := min(int(at), len(good))
		token := good[:from] + text + good[min(from+len(text), len(good)):]
		claims, err := a.VerifyAccess(token)
		if token == good {
			require.NoError(t, err)
			require.Equal(t, ada, claims.User)
			return
		}
		require.ErrorIs(t, err, domain.ErrTokenInvalid)
		require.Zero(t, claims)
	})
}

// FuzzJWKS: an answer of the issuer is read, or refused, and a key that is taken over is one that can check a signature.
func FuzzJWKS(f *testing.F) {
	a := newAuthority(f, time.Now)
	f.Add(a.JWKS())
	for _, seed := range []string{``, `{}`, `{"keys":[{}]}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"k","x":"AA"}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := parseJWKS(body)
		if err != nil {
			return
		}
		require.NotEmpty(t, keys)
		for id, key := range keys {
			require.NotEmpty(t, id)
			require.Len(t, key, 32)
		}
	})
}
