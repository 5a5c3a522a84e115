package tokens

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

const refreshBytes = 32 // 256 bits

// RefreshTokens makes random tokens and knows them by their hash.
type RefreshTokens struct{}

var _ ports.RefreshTokens = RefreshTokens{}

// NewRefreshTokens returns the adapter.
func NewRefreshTokens() RefreshTokens { return RefreshTokens{} }

// NewRefresh implements ports.RefreshTokens.
func (r RefreshTokens) NewRefresh() (string, domain.TokenHash, error) {
	var raw [refreshBytes]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", domain.TokenHash{}, fmt.Errorf("random: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	return token, r.HashRefresh(token), nil
}

// HashRefresh implements ports.RefreshTokens. A fast hash is enough: there is nothing to guess.
func (RefreshTokens) HashRefresh(token string) domain.TokenHash { return sha256.Sum256([]byte(token)) }
