package httpapi

import (
	"net/http"

	"github.com/go-chi/chi/v5/middleware"

	"chatsystem/domain"
)

// guards bound how many wrong passwords an account is tried with. Strangers are counted by account and address, and all
// of them together by account; who signed in before has a count of their own (device.go), so that strangers do not keep
// an owner out.
type guards struct {
	site     *site
	address  *limiter // "guess": one account, from one address or device
	everyone *limiter // "account": one account, from wherever, but for devices
}

func (s *site) newGuards() guards {
	return guards{site: s, address: s.newLimiter("guess", nil, false), everyone: s.newLimiter("account", nil, false)}
}

// middleware lets a sign-in try a password, and counts it if it was wrong.
func (g guards) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account := accountOf(r)
		from, everyone := clientAddress(r), g.everyone
		if device, known := g.site.devices.of(r, account); known {
			from, everyone = device, nil
		}
		client := from + " " + account
		// Counted before it is known to be wrong: else many at once would all be let through.
		if wait, ok := g.address.allow(r, client, 1); !ok {
			g.site.fail(w, r, domain.ErrRateLimited.After(wait))
			return
		}
		if wait, ok := everyone.allow(r, account, 1); !ok {
			g.address.giveBack(client) // nothing was tried
			g.site.fail(w, r, domain.ErrRateLimited.After(wait))
			return
		}
		answered := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(answered, r)
		if answered.Status() != http.StatusUnauthorized {
			g.address.giveBack(client)
			everyone.giveBack(account)
		}
	})
}

// accountOf names the account that a sign-in is for, whether or not there is one.
func accountOf(r *http.Request) string {
	body, _ := r.Body.(decodedBody)
	email, _ := body.members["email"].(string)
	return domain.EmailKey(email)
}
