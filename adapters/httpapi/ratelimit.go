package httpapi

import (
	"hash/maphash"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"

	"chatsystem/domain"
)

// Rate is how many requests one client may make in a sliding window of time. The zero Rate is no limit.
type Rate struct {
	Requests int
	Window   time.Duration
}

// Limits are the rates of what can be abused: each is counted per user where the operation needs a token, else per client
// address (an IPv6 client counts by its /64). The zero Limits switch all of them off. They hold for all instances together
// if Config has Counters, else for each process.
type Limits struct {
	Register, Login, Refresh Rate // per client address; Login also bounds password changes, per user
	Account                  Rate // sign-ins to one account, from wherever
	Search, Send             Rate // per user
	Connect                  Rate // opening realtime connections, per client address
}

// DefaultLimits leave room for people behind one address and for quick typists, not for guessing and flooding.
func DefaultLimits() Limits {
	return Limits{
		Register: Rate{20, time.Minute},
		Login:    Rate{20, time.Minute},
		Account:  Rate{10, time.Minute},
		Refresh:  Rate{120, time.Minute},
		Search:   Rate{60, time.Minute},
		Send:     Rate{100, 10 * time.Second},
		Connect:  Rate{600, time.Minute},
	}
}

// operationLimiters returns the limiter of each operation that has one.
func (s *site) operationLimiters(l Limits) map[string]func(http.Handler) http.Handler {
	return map[string]func(http.Handler) http.Handler{
		"registerUser":   s.limiter("register", l.Register, clientAddress),
		"login":          s.limiter("login", l.Login, clientAddress),
		"refreshSession": s.limiter("refresh", l.Refresh, clientAddress),
		"changePassword": s.limiter("password", l.Login, callerID),
		"searchUsers":    s.limiter("search", l.Search, callerID),
		"sendMessage":    s.limiter("send", l.Send, callerID),
	}
}

// accountLimiters returns the limiters that need to have read the body.
func (s *site) accountLimiters(l Limits) map[string]func(http.Handler) http.Handler {
	return map[string]func(http.Handler) http.Handler{"login": s.limiter("account", l.Account, accountOf)}
}

// stripes is how many clients of one limiter may be counted at a time: a limiter of httprate is locked meanwhile, which
// takes a while if the counts are shared.
const stripes = 64

// limiter refuses requests beyond the rate with 429. Its name is that of its counts: no two limiters may share one.
func (s *site) limiter(name string, rate Rate, key func(*http.Request) string) func(http.Handler) http.Handler {
	if rate.Requests <= 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	// The previous window fades while the present one passes: a whole window and the share of one request make room.
	refusal := domain.ErrRateLimited.After(rate.Window + rate.Window/time.Duration(rate.Requests))
	refuse := func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, refusal) }
	counted := s.counted(name, rate)
	var limiters [stripes]*httprate.RateLimiter
	for i := range limiters {
		limiters[i] = httprate.NewRateLimiter(rate.Requests, rate.Window,
			httprate.WithLimitHandler(refuse), httprate.WithResponseHeaders(httprate.ResponseHeaders{}), counted())
	}
	seed := maphash.MakeSeed()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			client := key(r)
			if !limiters[maphash.String(seed, client)%stripes].RespondOnLimit(w, r, client) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// limitRates applies the limiter of a request's operation.
func (s *site) limitRates(limiters map[string]func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		limited := make(map[string]http.Handler, len(limiters))
		for id, limit := range limiters {
			limited[id] = limit(next)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h, ok := limited[s.operationOf(r).id]; ok {
				h.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func clientAddress(r *http.Request) string {
	return httprate.CanonicalizeIP(middleware.GetClientIP(r.Context()))
}

// accountOf names the account that a sign-in is for, whether or not there is one.
func accountOf(r *http.Request) string {
	body, _ := r.Body.(decodedBody)
	email, _ := body.members["email"].(string)
	return domain.EmailKey(email)
}

func callerID(r *http.Request) string { return string(callerOf(r.Context()).User) }
