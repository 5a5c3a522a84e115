package tokens

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// jwk is a public key as RFC 8037 writes it.
type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	ID        string `json:"kid"`
	X         string `json:"x"`
}

// jwks is a JSON Web Key Set (RFC 7517). One key that cannot be read does not spoil the others.
type jwks struct {
	Keys []json.RawMessage `json:"keys"`
}

const (
	keyType  = "OKP"
	curve    = "Ed25519"
	eddsa    = "EdDSA"
	signsUse = "sig"
)

// JWKS returns the public keys as a JSON Web Key Set, for services that only verify.
func (a *Authority) JWKS() []byte {
	var set jwks
	for _, public := range a.published {
		key, err := json.Marshal(jwk{keyType, curve, eddsa, signsUse, keyID(public), base64.RawURLEncoding.EncodeToString(public)})
		if err != nil {
			panic("tokens: " + err.Error()) // strings always encode
		}
		set.Keys = append(set.Keys, key)
	}
	text, err := json.Marshal(set)
	if err != nil {
		panic("tokens: " + err.Error()) // likewise
	}
	return text
}

// parseJWKS returns the keys of a set that can sign access tokens, by their names; the others are passed over, as RFC 7517
// asks for. A set without any is an error.
func parseJWKS(text []byte) (map[string]ed25519.PublicKey, error) {
	var set jwks
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("parse key set: %w", err)
	}
	keys := make(map[string]ed25519.PublicKey, len(set.Keys))
	for _, raw := range set.Keys {
		var k jwk
		if json.Unmarshal(raw, &k) != nil {
			continue
		}
		if public, ok := k.public(); ok {
			keys[k.ID] = public
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set holds no key for access tokens")
	}
	return keys, nil
}

func (k jwk) public() (ed25519.PublicKey, bool) {
	if k.KeyType != keyType || k.Curve != curve || k.Algorithm != eddsa || k.Use != signsUse || k.ID == "" {
		return nil, false
	}
	x, err := base64.RawURLEncoding.Strict().DecodeString(k.X)
	return x, err == nil && len(x) == ed25519.PublicKeySize
}

// keyID names a key by its content.
func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
