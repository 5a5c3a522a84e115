package httpapi

import (
	"context"
	"net"
	"net/http"
	"strings"

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
	x := exchangeOf(ctx)
	c.Name, c.Path, c.HttpOnly, c.SameSite = refreshCookieName+x.cookieSuffix, refreshCookiePath, true, http.SameSiteStrictMode
	c.Secure = x.https
	return new(c.String())
}

// nameCookies has the cookies of a server at a port of its own be named by it: browsers keep those of all ports of a
// host together, and signing in at one server would end the session at another. What the release before named without
// the port is taken, too, if there is nothing else.
func nameCookies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, port, err := net.SplitHostPort(r.Host); err == nil && port != "80" && port != "443" && isDigits(port) {
			x := exchangeOf(r.Context())
			x.cookieSuffix = "_" + port
			if own, err := r.Cookie(refreshCookieName + x.cookieSuffix); err == nil {
				present(r, own.Value)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// present makes a request carry a refresh token under the name that the document has, instead of any other.
func present(r *http.Request, token string) {
	kept := r.Cookies()
	r.Header.Del("Cookie")
	for _, c := range kept {
		if !strings.HasPrefix(c.Name, refreshCookieName) {
			r.AddCookie(c)
		}
	}
	r.AddCookie(&http.Cookie{Name: refreshCookieName, Value: token})
}

func isDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// presentedToken returns the refresh token of the body, else of the cookie, else an empty one, which no session has. The
// cookies of pages that may not use them have been dropped before.
func presentedToken(body *usersapi.RefreshRequest, cookie *string) string {
	if body != nil && orEmpty(body.RefreshToken) != "" {
		return *body.RefreshToken
	}
	return orEmpty(cookie)
}
