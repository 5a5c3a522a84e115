package tokens

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Config says who issues tokens and for whom.
type Config struct {
	KeyFile  string // PEM of the private key, made if absent; empty: a key that lives as long as the process
	Issuer   string
	Audience string
}

// Validate reports every fault of the settings.
func (c Config) Validate() error {
	var faults []error
	if c.Issuer == "" {
		faults = append(faults, errors.New("tokens: issuer is required"))
	}
	if c.Audience == "" {
		faults = append(faults, errors.New("tokens: audience is required"))
	}
	return errors.Join(faults...)
}

// Authority signs access tokens and checks them with the same key.
type Authority struct {
	cfg   Config
	clock ports.Clock
	key   ed25519.PrivateKey
	keyID string
	parse *jwt.Parser
}

var (
	_ ports.TokenIssuer   = (*Authority)(nil)
	_ ports.TokenVerifier = (*Authority)(nil)
)

const (
	leeway    = 30 * time.Second // between the clocks of issuer and verifier
	useAccess = "access"
)

// NewAuthority loads the key, or makes it.
func NewAuthority(cfg Config, clock ports.Clock) (*Authority, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	key, err := loadOrCreateKey(cfg.KeyFile)
	if err != nil {
		return nil, err
	}
	return &Authority{
		cfg: cfg, clock: clock, key: key, keyID: keyID(key.Public().(ed25519.PublicKey)),
		parse: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
			jwt.WithLeeway(leeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(clock),
		),
	}, nil
}

// claims is the payload of an access token.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Use     string `json:"use"`
}

// Validate implements jwt.ClaimsValidator: a token made for something else opens nothing here.
func (c claims) Validate() error {
	if c.Use != useAccess || !domain.IsUUID(c.Subject) || !domain.IsUUID(c.Session) {
		return errors.New("not an access token")
	}
	return nil
}

// IssueAccess implements ports.TokenIssuer.
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
	var c claims
	_, err := a.parse.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != a.keyID {
			return nil, errors.New("unknown key")
		}
		return a.key.Public(), nil
	})
	switch {
	case err == nil:
		return ports.AccessClaims{User: domain.UserID(c.Subject), Session: domain.SessionID(c.Session), ExpiresAt: c.ExpiresAt.Time}, nil
	case onlyExpired(err):
		return ports.AccessClaims{}, domain.ErrTokenExpired
	default:
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
}

// onlyExpired tells a token that was good once from one that never was.
func onlyExpired(err error) bool {
	if !errors.Is(err, jwt.ErrTokenExpired) {
		return false
	}
	for _, other := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenInvalidAudience,
		jwt.ErrTokenInvalidIssuer, jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenNotValidYet, jwt.ErrTokenRequiredClaimMissing,
	} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}

// JWKS returns the public key as a JSON Web Key Set, for services that only verify.
func (a *Authority) JWKS() []byte {
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": a.keyID,
		"x": base64.RawURLEncoding.EncodeToString(a.key.Public().(ed25519.PublicKey)),
	}}})
	if err != nil {
		panic("tokens: " + err.Error()) // strings always encode
	}
	return set
}

// keyID names a key by its content.
func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
