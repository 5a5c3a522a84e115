// Package tokens issues and checks access tokens (JWT, EdDSA) and makes refresh tokens. Implements: ports.TokenIssuer,
// ports.TokenVerifier, ports.RefreshTokens.
package tokens
