package tokens

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"

	"chatsystem/domain"
)

// useAccess tells access tokens from whatever else the key may sign one day.
const useAccess = "access"

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
