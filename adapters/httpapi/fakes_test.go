package httpapi_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

// testTokens are access tokens in plain text, user|session|expiry, and random refresh tokens.
type testTokens struct{ clock *manualClock }

func (testTokens) IssueAccess(c ports.AccessClaims) (string, error) {
	return strings.Join([]string{string(c.User), string(c.Session), strconv.FormatInt(c.ExpiresAt.Unix(), 10)}, "|"), nil
}

func (tt testTokens) VerifyAccess(token string) (ports.AccessClaims, error) {
	parts := strings.Split(token, "|")
	if len(parts) != 3 {
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
	expiry, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
	claims := ports.AccessClaims{User: domain.UserID(parts[0]), Session: domain.SessionID(parts[1]), ExpiresAt: time.Unix(expiry, 0)}
	if !tt.clock.Now().Before(claims.ExpiresAt) {
		return ports.AccessClaims{}, domain.ErrTokenExpired
	}
	return claims, nil
}

func (tt testTokens) NewRefresh() (string, domain.TokenHash, error) {
	token := rand.Text()
	return token, tt.HashRefresh(token), nil
}

func (testTokens) HashRefresh(token string) domain.TokenHash { return sha256.Sum256([]byte(token)) }

// plainPasswords hash to themselves.
type plainPasswords struct{}

func (plainPasswords) HashPassword(_ context.Context, password string) (string, error) {
	return "plain:" + password, nil
}

func (plainPasswords) MatchPassword(_ context.Context, hash, password string) (bool, error) {
	return hash == "plain:"+password, nil
}

func (plainPasswords) Outdated(string) bool { return false }

// discardEvents takes events to nowhere.
type discardEvents struct{}

func (discardEvents) Publish(context.Context, []domain.Event) error { return nil }

// runInBackground runs loops until the test ends and waits for them.
func runInBackground(t *testing.T, loops ...func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	for _, loop := range loops {
		running.Go(func() { loop(ctx) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })
}
