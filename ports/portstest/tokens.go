package portstest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunTokens is the contract of ports.TokenIssuer with the ports.TokenVerifier that trusts it. Each call of open returns
// a pair with a key of its own.
func RunTokens(t *testing.T, open func(t testing.TB, clock ports.Clock) (ports.TokenIssuer, ports.TokenVerifier)) {
	issue := func(t *testing.T, issuer ports.TokenIssuer, clock *ManualClock) (string, ports.AccessClaims) {
		t.Helper()
		c := ports.AccessClaims{User: newUserID(), Session: newSessionID(), ExpiresAt: clock.Now().Add(15 * time.Minute)}
		token, err := issuer.IssueAccess(c)
		require.NoError(t, err)
		return token, c
	}

	t.Run("a token says what was put into it", func(t *testing.T) {
		clock := NewManualClock()
		issuer, verifier := open(t, clock.Now)
		token, want := issue(t, issuer, clock)
		got, err := verifier.VerifyAccess(token)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})

	t.Run("a token is good until its time and then expired", func(t *testing.T) {
		clock := NewManualClock()
		issuer, verifier := open(t, clock.Now)
		token, _ := issue(t, issuer, clock)
		clock.Advance(15*time.Minute - time.Second)
		_, err := verifier.VerifyAccess(token)
		require.NoError(t, err)
		clock.Advance(time.Minute)
		_, err = verifier.VerifyAccess(token)
		require.ErrorIs(t, err, domain.ErrTokenExpired)
	})

	t.Run("a token from the future is not valid", func(t *testing.T) {
		clock := NewManualClock()
		issuer, verifier := open(t, clock.Now)
		token, _ := issue(t, issuer, clock)
		clock.Advance(-time.Hour)
		_, err := verifier.VerifyAccess(token)
		require.ErrorIs(t, err, domain.ErrTokenInvalid)
	})

	t.Run("somebody else's token is not valid, expired or not", func(t *testing.T) {
		clock := NewManualClock()
		issuer, _ := open(t, clock.Now)
		_, verifier := open(t, clock.Now)
		token, _ := issue(t, issuer, clock)
		for range 2 {
			_, err := verifier.VerifyAccess(token)
			require.ErrorIs(t, err, domain.ErrTokenInvalid)
			clock.Advance(time.Hour)
		}
	})

	t.Run("what is no token is not valid", func(t *testing.T) {
		clock := NewManualClock()
		issuer, verifier := open(t, clock.Now)
		token, _ := issue(t, issuer, clock)
		for _, text := range []string{"", ".", "..", "a.b.c", "Bearer " + token, token + "=", token + ".", token + "A", " " + token, token + "\n"} {
			_, err := verifier.VerifyAccess(text)
			require.ErrorIs(t, err, domain.ErrTokenInvalid, "%q", text)
		}
	})

	t.Run("a token with any character changed or missing is not valid", func(t *testing.T) {
		clock := NewManualClock()
		issuer, verifier := open(t, clock.Now)
		token, _ := issue(t, issuer, clock)
		for i := range len(token) {
			_, err := verifier.VerifyAccess(token[:i] + flipBit(token[i]) + token[i+1:])
			require.ErrorIs(t, err, domain.ErrTokenInvalid, "character %d changed", i)
			_, err = verifier.VerifyAccess(token[:i] + token[i+1:])
			require.ErrorIs(t, err, domain.ErrTokenInvalid, "character %d missing", i)
		}
	})
}

// flipBit returns the base64url character whose lowest bit differs from that of c: at the end of a part the bit may be one
// that a lax decoder passes over.
func flipBit(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if i := strings.IndexByte(alphabet, c); i >= 0 {
		return alphabet[i^1 : i^1+1]
	}
	return "A"
}

// RunRefreshTokens is the contract of ports.RefreshTokens.
func RunRefreshTokens(t *testing.T, open func(testing.TB) ports.RefreshTokens) {
	t.Run("a new token comes with its hash", func(t *testing.T) {
		refresh := open(t)
		token, hash, err := refresh.NewRefresh()
		require.NoError(t, err)
		require.Equal(t, hash, refresh.HashRefresh(token))
		require.Equal(t, hash, open(t).HashRefresh(token), "anybody's hash of it is the same")
	})

	t.Run("tokens differ, and so do their hashes", func(t *testing.T) {
		refresh := open(t)
		hashes := map[domain.TokenHash]bool{}
		for range 1000 {
			token, hash, err := refresh.NewRefresh()
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(token), 32, "256 random bits take at least that many characters")
			require.Regexp(t, `^[A-Za-z0-9_-]+$`, token, "fit for a cookie and for a URL")
			hashes[hash] = true
		}
		require.Len(t, hashes, 1000)
	})

	t.Run("any text has a hash, one letter changes it", func(t *testing.T) {
		refresh := open(t)
		require.Equal(t, refresh.HashRefresh(""), refresh.HashRefresh(""))
		require.NotEqual(t, refresh.HashRefresh("token"), refresh.HashRefresh("Token"))
	})
}
