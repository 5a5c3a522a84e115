package socketio

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Sealer makes session ids that name the gateway which has the session, readable only to gateways
// with the same key. An id is text that is safe in a query. For addresses of at most 27 bytes every
// id has 80 characters; each further 32 bytes add about 43. It is safe for concurrent use.
//
// An id holds 128 random bits (a nonce of 96 and a salt of 32), so it cannot be guessed, and is
// authenticated, so a gateway calls no address that it reads in an id which none of them made.
// A key is good for 2^32 ids, AES-GCM's bound for random nonces: 136 years at one a second, 50 days
// at a thousand. Beyond it two ids may share a nonce, which helps to forge one.
type Sealer struct{ aead cipher.AEAD }

// SealKeySize is the size of a Sealer's key in bytes.
const SealKeySize = 32

// MaxSealedAddress bounds an address in bytes: a DNS name, a colon and a port.
const MaxSealedAddress = 253 + len(":65535")

// What is sealed: version, salt, the address, and zeros up to a whole block, so that the length of
// an id does not give away the length of the address.
const (
	sealVersion = 1
	saltSize    = 4
	sealHeader  = 1 + saltSize
	sealBlock   = 32
)

// sidText refuses the second spelling that trailing bits would allow.
var sidText = base64.RawURLEncoding.Strict()

// NewSealer returns a Sealer with a secret key of SealKeySize bytes, used for nothing else.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != SealKeySize {
		return nil, fmt.Errorf("session id key has %d bytes, want %d", len(key), SealKeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("session id key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("session id key: %w", err)
	}
	return &Sealer{aead}, nil
}

var errUnsealableAddress = errors.New("address is empty, too long or holds a zero byte")

// Seal returns a new session id that names the address.
func (s *Sealer) Seal(address string) (sid string, err error) {
	if address == "" || len(address) > MaxSealedAddress || strings.ContainsRune(address, 0) {
		return "", errUnsealableAddress
	}
	size := sealHeader + len(address)
	plain := make([]byte, (size+sealBlock-1)/sealBlock*sealBlock)
	plain[0] = sealVersion
	_, _ = rand.Read(plain[1:sealHeader]) // never fails
	copy(plain[sealHeader:], address)
	return sidText.EncodeToString(s.aead.Seal(nil, nil, plain, nil)), nil
}

// Open returns the address that a session id names. ok is false for whatever a Sealer with this
// key has not made.
func (s *Sealer) Open(sid string) (address string, ok bool) {
	sealed, err := sidText.DecodeString(sid)
	if err != nil || sidText.EncodedLen(len(sealed)) != len(sid) { // line breaks would be passed over
		return "", false
	}
	plain, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil || len(plain) < sealHeader || plain[0] != sealVersion {
		return "", false
	}
	address = strings.TrimRight(string(plain[sealHeader:]), "\x00")
	return address, address != ""
}
