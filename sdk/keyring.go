package sdk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Tokens are what a session is known by. The access token goes with every request and lives for minutes; the refresh
// token buys the next pair, once. Both are secrets.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

// exchangeTimeout bounds an exchange, the waiting for another program's included.
const exchangeTimeout = 30 * time.Second

// keyring holds the session's tokens and exchanges them: before they run out, at most once at a time, and never on the
// context of a single caller, whose end would lose the new pair.
type keyring struct {
	store    TokenStore
	observe  func(Tokens)
	exchange func(ctx context.Context, refreshToken string) (Tokens, error)

	changing chan struct{} // holds a token around a change, so that store and observer see changes in order

	mu      sync.Mutex
	tokens  Tokens
	renewAt time.Time // from then on the access token is exchanged ahead of need; zero: unknown
	expires time.Time // zero: unknown
	flight  *flight   // the exchange in progress, if any
}

// flight is one exchange, shared by all who wait for it.
type flight struct {
	done chan struct{} // closed when err is set
	err  error
}

func newKeyring(store TokenStore, observe func(Tokens), exchange func(context.Context, string) (Tokens, error)) (*keyring, error) {
	t, err := store.Load()
	if err != nil {
		return nil, err
	}
	k := &keyring{store: store, observe: observe, exchange: exchange, changing: make(chan struct{}, 1), tokens: t}
	issued, expires := lifetime(t.AccessToken)
	k.schedule(expires, expires.Sub(issued)) // saved tokens: their age is known by the clock only
	return k, nil
}

// access returns a token for the next request, a fresh one if the present one is about to run out.
func (k *keyring) access(ctx context.Context) (string, error) {
	k.mu.Lock()
	t, renewAt, expires := k.tokens, k.renewAt, k.expires
	k.mu.Unlock()
	if t == (Tokens{}) {
		return "", ErrSignedOut
	}
	now := time.Now()
	if t.AccessToken != "" && (t.RefreshToken == "" || renewAt.IsZero() || now.Before(renewAt)) {
		return t.AccessToken, nil
	}
	if err := k.renew(ctx, t.AccessToken); err != nil {
		if temporary(err) && ctx.Err() == nil && now.Before(expires) {
			return t.AccessToken, nil // still good: the next request tries again
		}
		return "", err
	}
	return k.current().AccessToken, nil
}

// renew exchanges the tokens unless the access token is no longer the stale one. It joins an exchange in progress.
func (k *keyring) renew(ctx context.Context, stale string) error {
	k.mu.Lock()
	if k.tokens == (Tokens{}) || k.tokens.RefreshToken == "" {
		k.mu.Unlock()
		return ErrSignedOut
	}
	if k.tokens.AccessToken != stale {
		k.mu.Unlock()
		return nil
	}
	f := k.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		k.flight = f
		go k.fly(context.WithoutCancel(ctx), f, k.tokens)
	}
	k.mu.Unlock()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fly exchanges the tokens, unless others are stored: another program has been here, or somebody signed in or out. Only
// a clear refusal ends the session.
func (k *keyring) fly(ctx context.Context, f *flight, held Tokens) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	var over error
	err := k.change(ctx, func(stored Tokens) (Tokens, error) {
		if stored != held {
			return stored, nil
		}
		fresh, err := k.exchange(ctx, held.RefreshToken)
		if hasStatus(err, http.StatusUnauthorized, http.StatusBadRequest) {
			over = signedOut{err}
			return Tokens{}, nil
		}
		return fresh, err
	})
	if err == nil {
		err = over
	}
	k.mu.Lock()
	k.flight, f.err = nil, stepError("refresh", err)
	k.mu.Unlock()
	close(f.done)
}

// set installs new tokens, or none. They are not lost when ctx ends just now.
func (k *keyring) set(ctx context.Context, t Tokens) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTimeout)
	defer cancel()
	return k.change(ctx, func(Tokens) (Tokens, error) { return t, nil })
}

// reload takes over what another program may have stored, and returns it.
func (k *keyring) reload(ctx context.Context) (Tokens, error) {
	err := k.change(ctx, func(stored Tokens) (Tokens, error) { return stored, nil })
	return k.current(), err
}

// change stores and installs what f makes of the stored tokens.
func (k *keyring) change(ctx context.Context, f func(stored Tokens) (Tokens, error)) error {
	select {
	case k.changing <- struct{}{}:
		defer func() { <-k.changing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var t Tokens
	err := k.store.Update(ctx, func(stored Tokens) (Tokens, error) {
		var err error
		t, err = f(stored)
		return t, err
	})
	if err != nil {
		return err
	}
	if t != k.current() {
		k.observe(t)
	}
	k.install(t)
	return nil
}

func (k *keyring) install(t Tokens) {
	issued, expires := lifetime(t.AccessToken)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tokens = t
	// Counted from now on this machine's clock, which need not agree with the server's.
	k.schedule(time.Now().Add(expires.Sub(issued)), expires.Sub(issued))
}

// schedule sets when a token that runs out at expires, after living that long, is exchanged.
func (k *keyring) schedule(expires time.Time, life time.Duration) {
	k.renewAt, k.expires = time.Time{}, time.Time{}
	if life > 0 {
		k.renewAt, k.expires = expires.Add(-min(life/5, time.Minute)), expires
	}
}

func (k *keyring) current() Tokens {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tokens
}

// due returns when the present access token should be exchanged; zero: unknown.
func (k *keyring) due() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.renewAt
}

// lifetime reads when a JWT was issued and when it expires; both are zero if it says neither. Verifying the token is
// the server's business.
func lifetime(token string) (issued, expires time.Time) {
	claims := claimsOf(token)
	if claims.IssuedAt <= 0 || claims.Expires <= claims.IssuedAt {
		return
	}
	return time.UnixMilli(int64(claims.IssuedAt * 1000)), time.UnixMilli(int64(claims.Expires * 1000))
}

// signedOut is a refusal that ended the session: both ErrSignedOut and the server's Error.
type signedOut struct{ cause error }

func (s signedOut) Error() string   { return ErrSignedOut.Error() + ": " + s.cause.Error() }
func (s signedOut) Unwrap() []error { return []error{ErrSignedOut, s.cause} }

// subject returns whose an access token is; empty if it does not say.
func subject(token string) string { return claimsOf(token).Subject }

// accessClaims is what a client reads of an access token.
type accessClaims struct {
	Subject  string  `json:"sub"`
	IssuedAt float64 `json:"iat"`
	Expires  float64 `json:"exp"`
}

// claimsOf reads an access token, the zero value if it cannot be read.
func claimsOf(token string) (claims accessClaims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return accessClaims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return accessClaims{}
	}
	return claims
}
