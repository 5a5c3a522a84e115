package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
)

func refresh(w *world, token string) answer {
	w.t.Helper()
	return w.send("POST", "/api/users/auth/refresh", "", object{"refresh_token": token})
}

func withCookie(token string) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "refresh_token", Value: token}) }
}

func withHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// cookieOf returns the refresh cookie an answer sets.
func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.Equal(t, "refresh_token", cookie.Name)
	return cookie
}

func TestARefreshTokenIsExchanged(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	next := w.signedIn(refresh(w, ann.refresh), http.StatusOK)
	require.Equal(t, ann.id, next.id)
	require.NotEqual(t, ann.refresh, next.refresh)
	require.Equal(t, http.StatusOK, next.get("/api/users/me").status)
}

func TestAUsedRefreshTokenEndsTheSession(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	second := w.signedIn(refresh(w, ann.refresh), http.StatusOK)
	third := w.signedIn(refresh(w, second.refresh), http.StatusOK)
	w.clock.advance(11 * time.Second)
	refresh(w, ann.refresh).requireProblem(t, http.StatusUnauthorized, "refresh_reused")
	refresh(w, third.refresh).requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
}

func TestWithoutAGoodRefreshTokenThereIsNoSession(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	for name, body := range map[string]any{"no body": nil, "no token": object{}, "an empty token": object{"refresh_token": ""}, "a forged token": object{"refresh_token": "x"}} {
		t.Run(name, func(t *testing.T) {
			w.send("POST", "/api/users/auth/refresh", "", body).requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
		})
	}
	w.clock.advance(refreshLife)
	refresh(w, ann.refresh).requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
}

func TestTheRefreshTokenIsAlsoACookie(t *testing.T) {
	w := newWorldWith(t, httpapi.Config{TrustedProxies: []string{"192.0.2.0/24"}}) // where httptest's requests come from
	ann := w.register("ann")
	body := object{"email": "ann@example.com", "password": password}

	plain := cookieOf(t, w.send("POST", "/api/users/auth/login", "", body))
	require.True(t, plain.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, plain.SameSite)
	require.Equal(t, "/api/users/auth", plain.Path)
	require.Equal(t, w.clock.Now().Add(refreshLife), plain.Expires)
	require.False(t, plain.Secure)

	secure := cookieOf(t, w.send("POST", "/api/users/auth/login", "", body, withHeader("X-Forwarded-Proto", "https")))
	require.True(t, secure.Secure)

	next := w.send("POST", "/api/users/auth/refresh", "", nil, withCookie(ann.refresh))
	require.Equal(t, w.signedIn(next, http.StatusOK).refresh, cookieOf(t, next).Value)
}

func TestTheCookieDoesNotCountForAForeignPage(t *testing.T) {
	w := newWorldWith(t, httpapi.Config{AllowedOrigins: []string{"https://app.example.com"}})
	ann := w.register("ann")
	w.send("POST", "/api/users/auth/refresh", "", nil, withCookie(ann.refresh), withHeader("Origin", "https://evil.example")).
		requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
	require.Equal(t, http.StatusNoContent,
		w.send("POST", "/api/users/auth/logout", "", nil, withCookie(ann.refresh), withHeader("Origin", "https://evil.example")).status)
	a := w.send("POST", "/api/users/auth/refresh", "", nil, withCookie(ann.refresh), withHeader("Origin", "https://app.example.com"))
	require.Equal(t, http.StatusOK, a.status, "the session lives on and the web app may refresh it")
}

func TestTheTokenOfTheBodyGoesBeforeTheCookie(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	a := w.send("POST", "/api/users/auth/refresh", "", object{"refresh_token": ann.refresh}, withCookie(bob.refresh))
	require.Equal(t, ann.id, w.signedIn(a, http.StatusOK).id)
}

// A page of an attacker cannot make a browser go on with a session that the attacker knows.
func TestSigningInTakesNoSessionOver(t *testing.T) {
	w := newWorld(t)
	w.register("ann")
	eve := w.register("eve")
	a := w.send("POST", "/api/users/auth/login", "", object{"email": "ann@example.com", "password": password}, withCookie(eve.refresh))
	ann := w.signedIn(a, http.StatusOK)
	require.NotEqual(t, eve.refresh, ann.refresh)
	require.Equal(t, ann.refresh, cookieOf(t, a).Value, "it replaces the one that was there")
	require.Equal(t, eve.id, w.signedIn(refresh(w, eve.refresh), http.StatusOK).id)

	form := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") } // all that a form of another origin can send
	for _, path := range []string{"login", "register", "refresh", "logout"} {
		body := object{"email": "eve@example.com", "password": password, "username": "eve2", "refresh_token": eve.refresh}
		a := w.send("POST", "/api/users/auth/"+path, "", body, form)
		a.requireProblem(t, http.StatusUnsupportedMediaType, "unsupported_media_type")
		require.Empty(t, a.header.Get("Set-Cookie"), path)
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	for name, proof := range map[string]func(token string) (any, func(*http.Request)){
		"by the body": func(token string) (any, func(*http.Request)) {
			return object{"refresh_token": token}, func(*http.Request) {}
		},
		"by the cookie": func(token string) (any, func(*http.Request)) { return nil, withCookie(token) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ann := w.register("ann")
			body, cookie := proof(ann.refresh)
			for range 2 { // signing out again changes nothing
				a := w.send("POST", "/api/users/auth/logout", "", body, cookie)
				require.Equal(t, http.StatusNoContent, a.status)
				require.Negative(t, cookieOf(t, a).MaxAge)
			}
			refresh(w, ann.refresh).requireProblem(t, http.StatusUnauthorized, "refresh_invalid")
		})
	}
}

func TestSigningOutOfNothingIsDone(t *testing.T) {
	w := newWorld(t)
	for name, body := range map[string]any{"no token": nil, "a forged token": object{"refresh_token": "x"}} {
		require.Equal(t, http.StatusNoContent, w.send("POST", "/api/users/auth/logout", "", body).status, name)
	}
}
