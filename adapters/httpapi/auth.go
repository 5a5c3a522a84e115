package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"chatsystem/domain"
)

// authenticate lets a request with a valid access token pass, and any request of a public operation.
//
// Tokens that are not valid count by the client's address; beyond the rate they are answered with 429. Valid ones from
// there pass.
func (s *site) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.operationOf(r).public {
			next.ServeHTTP(w, r)
			return
		}
		token, ok := bearerToken(r.Header)
		if !ok {
			s.fail(w, r, domain.ErrTokenInvalid)
			return
		}
		claims, err := s.tokens.VerifyAccess(token)
		if errors.Is(err, domain.ErrTokenInvalid) {
			if wait, ok := s.invalidTokens.allow(r, clientAddress(r), 1); !ok {
				err = domain.ErrRateLimited.After(wait)
			}
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		exchangeOf(r.Context()).caller = claims
		next.ServeHTTP(w, r)
	})
}

// bearerToken returns the token of the one Authorization header; its scheme is compared ignoring case (RFC 9110).
func bearerToken(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}
