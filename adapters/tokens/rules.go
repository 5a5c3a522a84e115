package tokens

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"chatsystem/domain"
	"chatsystem/ports"
)

// leeway is how far the clocks of issuer and verifier may be apart.
const leeway = 30 * time.Second

// errUnknownKey says that nobody we trust has such a key.
var errUnknownKey = errors.New("unknown key")

// rules decide which tokens are good: what their claims must say, and whose keys may have signed them.
type rules struct {
	issuer, audience string
	clock            ports.Clock
	parser           *jwt.Parser
	verified         *verifiedTokens
	keys             func(id string) (ed25519.PublicKey, error) // errUnknownKey; domain.ErrUnavailable
}

func newRules(issuer, audience string, clock ports.Clock, keys func(id string) (ed25519.PublicKey, error)) *rules {
	r := &rules{issuer: issuer, audience: audience, clock: clock, verified: newVerifiedTokens(), keys: keys}
	r.parser = jwt.NewParser(append(r.at(clock), jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding())...)
	return r
}

// at is what the claims of a token must fulfil at the clock's time.
func (r *rules) at(clock ports.Clock) []jwt.ParserOption {
	return []jwt.ParserOption{
		jwt.WithIssuer(r.issuer), jwt.WithAudience(r.audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(clock),
	}
}

// VerifyAccess implements ports.TokenVerifier.
func (r *rules) VerifyAccess(token string) (ports.AccessClaims, error) {
	if strings.ContainsAny(token, "\r\n") { // which base64 passes over
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
	hash := tokenHash(sha256.Sum256([]byte(token)))
	v, known := r.verified.find(hash)
	if known && r.stillGood(v) {
		return v.claims, nil
	}
	var c claims
	v = verifiedToken{since: r.clock()}
	_, err := r.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (_ any, err error) {
		v.keyID, v.key, err = r.keyOf(t)
		return v.key, err
	})
	switch {
	case err == nil:
		v.claims = ports.AccessClaims{User: domain.UserID(c.Subject), Session: domain.SessionID(c.Session), ExpiresAt: c.ExpiresAt.UTC()}
		r.verified.add(hash, v)
		return v.claims, nil
	case errors.Is(err, domain.ErrUnavailable):
		return ports.AccessClaims{}, err
	case errors.Is(err, jwt.ErrTokenExpired) && r.wasValid(c):
		return ports.AccessClaims{}, domain.ErrTokenExpired
	default:
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
}

// stillGood tells whether a token that was found good would be found so again: its key is still trusted, and its time is not
// over, nor does the clock show a time before it was checked.
func (r *rules) stillGood(v verifiedToken) bool {
	now := r.clock()
	if now.Before(v.since) || !now.Before(v.claims.ExpiresAt.Add(leeway)) {
		return false
	}
	key, err := r.keys(v.keyID)
	return err == nil && key.Equal(v.key)
}

// wasValid tells a token that was good when it was issued from one that never was. Its signature has been checked.
func (r *rules) wasValid(c claims) bool {
	if c.IssuedAt == nil {
		return false
	}
	issued := func() time.Time { return c.IssuedAt.Time }
	return jwt.NewValidator(r.at(issued)...).Validate(c) == nil
}

func (r *rules) keyOf(t *jwt.Token) (id string, key ed25519.PublicKey, err error) {
	id, ok := t.Header["kid"].(string)
	if !ok {
		return "", nil, errUnknownKey
	}
	key, err = r.keys(id)
	return id, key, err
}
