package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnOperationNeedsItsToken(t *testing.T) {
	cases := map[string]struct {
		authorization []string
		code          string
		challenge     string
	}{
		"no header":              {nil, "token_invalid", "Bearer"},
		"an empty header":        {[]string{""}, "token_invalid", "Bearer"},
		"another scheme":         {[]string{"Basic dXNlcjp4"}, "token_invalid", `Bearer error="invalid_token"`},
		"a scheme alone":         {[]string{"Bearer"}, "token_invalid", `Bearer error="invalid_token"`},
		"an empty token":         {[]string{"Bearer  "}, "token_invalid", `Bearer error="invalid_token"`},
		"two headers":            {[]string{"Bearer user:a", "Bearer user:b"}, "token_invalid", `Bearer error="invalid_token"`},
		"a token that is forged": {[]string{"Bearer forged"}, "token_invalid", `Bearer error="invalid_token"`},
		"an expired token":       {[]string{"Bearer expired"}, "token_expired", `Bearer error="invalid_token"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", noContent))
			r := request(http.MethodGet, "/api/users/me", "")
			r.Header["Authorization"] = tc.authorization
			w := s.do(r)
			requireProblem(t, w, http.StatusUnauthorized, tc.code)
			require.Equal(t, tc.challenge, w.Header().Get("WWW-Authenticate"))
		})
	}
}

func TestATokenThatCannotBeCheckedNowMayBeShownAgain(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", noContent))
	r := request(http.MethodGet, "/api/users/me", "")
	r.Header.Set("Authorization", "Bearer unsettled")
	w := s.do(r)
	requireProblem(t, w, http.StatusServiceUnavailable, "unavailable")
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	require.Empty(t, w.Header().Get("WWW-Authenticate"), "nothing is wrong with the token")
}

func TestTheCallerIsWhoTheTokenSays(t *testing.T) {
	var caller string
	s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/me", func(_ http.ResponseWriter, r *http.Request) {
		caller = string(callerOf(r.Context()).User)
	}))
	for _, scheme := range []string{"Bearer", "bearer"} {
		r := request(http.MethodGet, "/api/users/me", "")
		r.Header.Set("Authorization", scheme+" user:ann")
		require.Equal(t, http.StatusOK, s.do(r).Code)
		require.Equal(t, "ann", caller)
	}
}

func TestATokenIsAskedForBeforeAnythingElseIsRead(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodPatch, "/api/users/me", noContent))
	requireProblem(t, s.do(request(http.MethodPatch, "/api/users/me", "{")), http.StatusUnauthorized, "token_invalid")
}

func TestAPathOutsideTheDocumentNeedsAToken(t *testing.T) {
	s := newTestSite(t, Config{}, operationRoute(http.MethodGet, "/api/users/secret", noContent))
	requireProblem(t, s.do(request(http.MethodGet, "/api/users/secret", "")), http.StatusUnauthorized, "token_invalid")
}

// TestInvalidTokensCountByAddress, and valid ones from there pass.
func TestInvalidTokensCountByAddress(t *testing.T) {
	s := newTestSite(t, Config{Limits: Limits{"token": {2, time.Minute}}}, operationRoute(http.MethodGet, "/api/users/me", noContent))
	ask := func(from, token string) *httptest.ResponseRecorder {
		r := request(http.MethodGet, "/api/users/me", "")
		r.RemoteAddr = from + ":1000"
		r.Header.Set("Authorization", "Bearer "+token)
		return s.do(r)
	}
	for range 2 {
		requireProblem(t, ask("192.0.2.1", "forged"), http.StatusUnauthorized, "token_invalid")
	}
	requireProblem(t, ask("192.0.2.1", "forged"), http.StatusTooManyRequests, "rate_limited")
	require.Equal(t, http.StatusNoContent, ask("192.0.2.1", "user:ada").Code)
	requireProblem(t, ask("192.0.2.1", "expired"), http.StatusUnauthorized, "token_expired")
	requireProblem(t, ask("192.0.2.2", "forged"), http.StatusUnauthorized, "token_invalid")
}
