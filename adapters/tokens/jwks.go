package tokens

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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

// JWKS returns the public key as a JSON Web Key Set, for services that only verify.
func (a *Authority) JWKS() []byte {
	set, err := json.Marshal(map[string][]jwk{"keys": {{
		KeyType: "OKP", Curve: "Ed25519", Algorithm: "EdDSA", Use: "sig", ID: a.keyID,
		X: base64.RawURLEncoding.EncodeToString(a.public()),
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
