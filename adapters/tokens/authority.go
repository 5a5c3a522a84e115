package tokens

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.TokenIssuer   = (*Authority)(nil)
	_ ports.TokenVerifier = (*Authority)(nil)
)

// leeway is how far the clocks of issuer and verifier may be apart.
const leeway = 30 * time.Second

// Authority signs access tokens and checks them with the same key.
type Authority struct {
	cfg    Config
	clock  ports.Clock
	key    ed25519.PrivateKey
	keyID  string
	parser *jwt.Parser
}

// NewAuthority loads the key, or makes it.
func NewAuthority(cfg Config, clock ports.Clock) (*Authority, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	key, err := loadOrCreateKey(cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	a := &Authority{cfg: cfg, clock: clock, key: key}
	a.keyID = keyID(a.public())
	a.parser = jwt.NewParser(append(a.rules(clock), jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding())...)
	return a, nil
}

// rules is what the claims of a token must fulfil at the clock's time.
func (a *Authority) rules(clock ports.Clock) []jwt.ParserOption {
	return []jwt.ParserOption{
		jwt.WithIssuer(a.cfg.Issuer), jwt.WithAudience(a.cfg.Audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(clock),
	}
}

// IssueAccess implements ports.TokenIssuer. Its times are whole seconds.
func (a *Authority) IssueAccess(c ports.AccessClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: a.cfg.Issuer, Audience: jwt.ClaimStrings{a.cfg.Audience}, Subject: string(c.User),
			IssuedAt: jwt.NewNumericDate(a.clock()), ExpiresAt: jwt.NewNumericDate(c.ExpiresAt),
		},
		Session: string(c.Session), Use: useAccess,
	})
	token.Header["kid"] = a.keyID
	signed, err := token.SignedString(a.key)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed, nil
}

// VerifyAccess implements ports.TokenVerifier.
func (a *Authority) VerifyAccess(token string) (ports.AccessClaims, error) {
	if strings.ContainsAny(token, "\r\n") { // which base64 passes over
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
	var c claims
	_, err := a.parser.ParseWithClaims(token, &c, a.keyFor)
	switch {
	case err == nil:
		return ports.AccessClaims{
			User: domain.UserID(c.Subject), Session: domain.SessionID(c.Session), ExpiresAt: c.ExpiresAt.UTC(),
		}, nil
	case errors.Is(err, jwt.ErrTokenExpired) && a.wasValid(c):
		return ports.AccessClaims{}, domain.ErrTokenExpired
	default:
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
}

// wasValid tells a token that was good when it was issued from one that never was. Its signature has been checked.
func (a *Authority) wasValid(c claims) bool {
	if c.IssuedAt == nil {
		return false
	}
	issued := func() time.Time { return c.IssuedAt.Time }
	return jwt.NewValidator(a.rules(issued)...).Validate(c) == nil
}

func (a *Authority) keyFor(t *jwt.Token) (any, error) {
	if t.Header["kid"] != a.keyID {
		return nil, errors.New("unknown key")
	}
	return a.public(), nil
}

func (a *Authority) public() ed25519.PublicKey { return a.key.Public().(ed25519.PublicKey) }
