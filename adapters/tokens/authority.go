package tokens

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"chatsystem/ports"
)

var (
	_ ports.TokenIssuer   = (*Authority)(nil)
	_ ports.TokenVerifier = (*Authority)(nil)
)

// Authority signs access tokens with one key, and checks them with that and those that were or will be in its place.
type Authority struct {
	*rules
	clock     ports.Clock
	key       ed25519.PrivateKey
	keyID     string
	published []ed25519.PublicKey // the signing one first
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
	a := &Authority{clock: clock, key: key}
	a.keyID = keyID(a.public())
	a.published = []ed25519.PublicKey{a.public()}
	for _, file := range cfg.OtherKeyFiles {
		other, err := loadKey(file)
		if err != nil {
			return nil, fmt.Errorf("other key: %w", err)
		}
		a.published = append(a.published, other.Public().(ed25519.PublicKey))
	}
	a.rules = newRules(cfg.Issuer, cfg.Audience, clock, a.ownKey)
	return a, nil
}

// IssueAccess implements ports.TokenIssuer. Its times are whole seconds.
func (a *Authority) IssueAccess(c ports.AccessClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: a.issuer, Audience: jwt.ClaimStrings{a.audience}, Subject: string(c.User),
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

// DeriveKey returns a secret for one purpose that comes from the signing key and does not reveal it; another key gives
// another one.
func (a *Authority) DeriveKey(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, a.key.Seed(), nil, purpose, sha256.Size)
	if err != nil {
		panic(err) // only of a length that no hash has
	}
	return key
}

func (a *Authority) ownKey(id string) (ed25519.PublicKey, error) {
	for _, public := range a.published {
		if keyID(public) == id {
			return public, nil
		}
	}
	return nil, errUnknownKey
}

func (a *Authority) public() ed25519.PublicKey { return a.key.Public().(ed25519.PublicKey) }
