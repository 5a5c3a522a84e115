// Package tokens issues access tokens (JWT, EdDSA) and checks them: Authority with its own key, KeySet with the keys that
// an issuer publishes. It also makes refresh tokens. Implements: ports.TokenIssuer, ports.TokenVerifier,
// ports.RefreshTokens.
package tokens
