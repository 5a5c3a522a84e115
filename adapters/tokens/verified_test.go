package tokens

import (
	"crypto/ed25519"
	"crypto/sha256"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func newToken(t testing.TB, a *Authority, clock *portstest.ManualClock) (string, ports.AccessClaims) {
	t.Helper()
	c := ports.AccessClaims{
		User: domain.UserID(portstest.NewUUID()), Session: domain.SessionID(portstest.NewUUID()), ExpiresAt: clock.Now().Add(time.Minute).Truncate(time.Second),
	}
	token, err := a.IssueAccess(c)
	require.NoError(t, err)
	return token, c
}

// TestAKnownTokenIsCheckedAgain shows a token once, changes the world, and shows it again.
func TestAKnownTokenIsCheckedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Authority, *portstest.ManualClock)
		want   error
	}{
		"nothing has changed":             {func(*Authority, *portstest.ManualClock) {}, nil},
		"it is about to expire":           {func(_ *Authority, c *portstest.ManualClock) { c.Advance(time.Minute + leeway - 2*time.Second) }, nil},
		"it has expired":                  {func(_ *Authority, c *portstest.ManualClock) { c.Advance(time.Minute + leeway) }, domain.ErrTokenExpired},
		"the clock shows an earlier time": {func(_ *Authority, c *portstest.ManualClock) { c.Advance(-time.Hour) }, domain.ErrTokenInvalid},
		"its key is withdrawn":            {func(a *Authority, _ *portstest.ManualClock) { a.published = nil }, domain.ErrTokenInvalid},
		"another key is under its name": {func(a *Authority, c *portstest.ManualClock) {
			other := newAuthority(t, c.Now).public()
			a.keys = func(string) (ed25519.PublicKey, error) { return other, nil }
		}, domain.ErrTokenInvalid},
		"as many others came as are known": {func(a *Authority, _ *portstest.ManualClock) { flood(a.verified, generation) }, nil},
		"twice as many came":               {func(a *Authority, _ *portstest.ManualClock) { flood(a.verified, 2*generation) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			clock := portstest.NewManualClock()
			a := newAuthority(t, clock.Now)
			token, want := newToken(t, a, clock)
			for range 2 { // the second time it is known
				got, err := a.VerifyAccess(token)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			tc.change(a, clock)
			_, err := a.VerifyAccess(token)
			require.ErrorIs(t, err, tc.want)
		})
	}
}

func flood(v *verifiedTokens, n int) {
	for i := range n {
		v.add(sha256.Sum256([]byte(strconv.Itoa(i))), verifiedToken{})
	}
}

func TestKnownTokensAreBounded(t *testing.T) {
	v := newVerifiedTokens()
	hash := tokenHash{1}
	v.add(hash, verifiedToken{keyID: "used"})
	for i := range 5 * generation {
		v.add(sha256.Sum256([]byte(strconv.Itoa(i))), verifiedToken{})
		if i%1000 == 0 {
			_, known := v.find(hash)
			require.True(t, known, "what is in use stays")
		}
		require.LessOrEqual(t, len(v.young)+len(v.older), 2*generation)
	}
}

// BenchmarkVerify is one token shown again and again, as clients do, and tokens shown once.
func BenchmarkVerify(b *testing.B) {
	clock := portstest.NewManualClock()
	a := newAuthority(b, clock.Now)
	token, _ := newToken(b, a, clock)
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			_, _ = a.VerifyAccess(token)
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			a.verified = newVerifiedTokens()
			_, _ = a.VerifyAccess(token)
		}
	})
}
