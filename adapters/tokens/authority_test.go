package tokens

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestAuthority(t *testing.T) {
	portstest.RunTokens(t, func(t testing.TB, clock ports.Clock) (ports.TokenIssuer, ports.TokenVerifier) {
		a := newAuthority(t, clock)
		return a, a
	})
}

func TestRefreshTokens(t *testing.T) {
	portstest.RunRefreshTokens(t, func(testing.TB) ports.RefreshTokens { return NewRefreshTokens() })
}

func newAuthority(t testing.TB, clock ports.Clock) *Authority {
	t.Helper()
	a, err := NewAuthority(Config{Issuer: "chat", Audience: "chat-clients"}, clock)
	require.NoError(t, err)
	return a
}

// goodClaims are what the authority would issue now.
func goodClaims(now time.Time) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "chat", "aud": "chat-clients", "sub": portstest.NewUUID(), "sid": portstest.NewUUID(), "use": "access",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

// sign makes a token of claims, header fields and a key as a forger, or a colleague, could.
func sign(t *testing.T, method jwt.SigningMethod, key any, kid string, c jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(key)
	require.NoError(t, err)
	return signed
}

func TestForgedSignaturesAreRefused(t *testing.T) {
	clock := portstest.NewManualClock()
	a := newAuthority(t, clock.Now)
	_, otherKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	x := base64.RawURLEncoding.EncodeToString(a.public())
	forged := map[string]struct {
		method jwt.SigningMethod
		key    any
		kid    string
	}{
		"unsigned":                                    {jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, a.keyID},
		"a MAC made with the public key":              {jwt.SigningMethodHS256, []byte(a.public()), a.keyID},
		"a MAC made with the published text of it":    {jwt.SigningMethodHS512, []byte(x), a.keyID},
		"another key of the same kind under our name": {jwt.SigningMethodEdDSA, otherKey, a.keyID},
		"our key under another name":                  {jwt.SigningMethodEdDSA, a.key, "other"},
		"our key without a name":                      {jwt.SigningMethodEdDSA, a.key, ""},
		"an elliptic curve":                           {jwt.SigningMethodES256, ec, a.keyID},
		"RSA":                                         {jwt.SigningMethodRS256, rsaKey, a.keyID},
	}
	for name, f := range forged {
		t.Run(name, func(t *testing.T) {
			_, err := a.VerifyAccess(sign(t, f.method, f.key, f.kid, goodClaims(clock.Now())))
			require.ErrorIs(t, err, domain.ErrTokenInvalid)
		})
	}
	_, err = a.VerifyAccess(sign(t, jwt.SigningMethodEdDSA, a.key, a.keyID, goodClaims(clock.Now())))
	require.NoError(t, err, "the same claims, well signed")
}

func TestClaimsThatAreNotForUsAreRefused(t *testing.T) {
	clock := portstest.NewManualClock()
	a := newAuthority(t, clock.Now)
	changes := map[string]func(jwt.MapClaims){
		"another issuer":                func(c jwt.MapClaims) { c["iss"] = "other" },
		"no issuer":                     func(c jwt.MapClaims) { delete(c, "iss") },
		"another audience":              func(c jwt.MapClaims) { c["aud"] = "other" },
		"no audience":                   func(c jwt.MapClaims) { delete(c, "aud") },
		"no end":                        func(c jwt.MapClaims) { delete(c, "exp") },
		"a beginning in the future":     func(c jwt.MapClaims) { c["iat"] = clock.Now().Add(time.Hour).Unix() },
		"not valid before the future":   func(c jwt.MapClaims) { c["nbf"] = clock.Now().Add(time.Hour).Unix() },
		"another use":                   func(c jwt.MapClaims) { c["use"] = "refresh" },
		"no use":                        func(c jwt.MapClaims) { delete(c, "use") },
		"no session":                    func(c jwt.MapClaims) { delete(c, "sid") },
		"no subject":                    func(c jwt.MapClaims) { delete(c, "sub") },
		"a subject that is no id":       func(c jwt.MapClaims) { c["sub"] = "admin" },
		"expired, and another issuer":   func(c jwt.MapClaims) { expire(c, clock); c["iss"] = "other" },
		"expired, and another audience": func(c jwt.MapClaims) { expire(c, clock); c["aud"] = "other" },
		"expired, and another use":      func(c jwt.MapClaims) { expire(c, clock); c["use"] = "refresh" },
		"expired before it began":       func(c jwt.MapClaims) { expire(c, clock); c["iat"] = clock.Now().Unix() },
		"expired, and no beginning":     func(c jwt.MapClaims) { expire(c, clock); delete(c, "iat") },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			c := goodClaims(clock.Now())
			change(c)
			_, err := a.VerifyAccess(sign(t, jwt.SigningMethodEdDSA, a.key, a.keyID, c))
			require.ErrorIs(t, err, domain.ErrTokenInvalid)
		})
	}
	c := goodClaims(clock.Now())
	expire(c, clock)
	_, err := a.VerifyAccess(sign(t, jwt.SigningMethodEdDSA, a.key, a.keyID, c))
	require.ErrorIs(t, err, domain.ErrTokenExpired, "expired, and nothing else")
}

func expire(c jwt.MapClaims, clock *portstest.ManualClock) {
	c["iat"], c["exp"] = clock.Now().Add(-2*time.Hour).Unix(), clock.Now().Add(-time.Hour).Unix()
}

func TestClocksMayBeHalfAMinuteApart(t *testing.T) {
	clock := portstest.NewManualClock()
	a := newAuthority(t, clock.Now)
	token, err := a.IssueAccess(ports.AccessClaims{
		User: domain.UserID(portstest.NewUUID()), Session: domain.SessionID(portstest.NewUUID()), ExpiresAt: clock.Now().Add(time.Minute),
	})
	require.NoError(t, err)
	for _, step := range []struct {
		advance time.Duration
		want    error
	}{
		{-29 * time.Second, nil},
		{-2 * time.Second, domain.ErrTokenInvalid}, // issued 31 s from now
		{31*time.Second + time.Minute + 29*time.Second, nil},
		{2 * time.Second, domain.ErrTokenExpired}, // 31 s ago
	} {
		clock.Advance(step.advance)
		_, err := a.VerifyAccess(token)
		require.ErrorIs(t, err, step.want)
	}
}

func TestJWKSHoldsThePublicKeyAndNothingMore(t *testing.T) {
	clock := portstest.NewManualClock()
	a := newAuthority(t, clock.Now)
	var set struct{ Keys []map[string]string }
	require.NoError(t, json.Unmarshal(a.JWKS(), &set))
	require.Len(t, set.Keys, 1)
	x, err := base64.RawURLEncoding.DecodeString(set.Keys[0]["x"])
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": a.keyID, "x": set.Keys[0]["x"],
	}, set.Keys[0])

	token, err := a.IssueAccess(ports.AccessClaims{ExpiresAt: clock.Now().Add(time.Minute)})
	require.NoError(t, err)
	parsed, err := jwt.Parse(token, func(t *jwt.Token) (any, error) {
		return ed25519.PublicKey(x), nil
	}, jwt.WithTimeFunc(clock.Now))
	require.NoError(t, err, "whoever has the set can verify")
	require.Equal(t, set.Keys[0]["kid"], parsed.Header["kid"])
}

func TestConfigNeedsIssuerAndAudience(t *testing.T) {
	err := Config{}.Validate()
	require.ErrorContains(t, err, "issuer")
	require.ErrorContains(t, err, "audience")
	_, err = NewAuthority(Config{Issuer: "chat"}, time.Now)
	require.ErrorContains(t, err, "audience")
	require.NoError(t, Config{Issuer: "chat", Audience: "chat"}.Validate())
}
