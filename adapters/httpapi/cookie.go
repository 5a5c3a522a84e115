package httpapi

import (
	"context"
	"net/http"

	"chatsystem/adapters/httpapi/openapi/usersapi"
	"chatsystem/application/users"
)

// The refresh cookie goes back only to where it is used, and never from a page of another site.
const (
	refreshCookieName = "refresh_token"
	refreshCookiePath = "/api/users/auth"
)

// refreshCookie returns the Set-Cookie header that keeps a session's refresh token where no script can read it.
func refreshCookie(ctx context.Context, s users.SignedIn) *string {
	return setCookie(ctx, http.Cookie{Value: s.RefreshToken, Expires: s.RefreshExpiresAt})
}

// noRefreshCookie returns the Set-Cookie header that makes the browser forget the token.
func noRefreshCookie(ctx context.Context) *string { return setCookie(ctx, http.Cookie{MaxAge: -1}) }

func setCookie(ctx context.Context, c http.Cookie) *string {
	c.Name, c.Path, c.HttpOnly, c.SameSite = refreshCookieName, refreshCookiePath, true, http.SameSiteStrictMode
	c.Secure = exchangeOf(ctx).https
	return new(c.String())
}

// presentedToken returns the refresh token of the body, else of the cookie, else an empty one, which no session has. The
// cookies of pages that may not use them have been dropped before.
func presentedToken(body *usersapi.RefreshRequest, cookie *string) string {
	if body != nil && orEmpty(body.RefreshToken) != "" {
		return *body.RefreshToken
	}
	return orEmpty(cookie)
}
