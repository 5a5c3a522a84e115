package httpapi

import (
	"hash/maphash"
	"math"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"

	"chatsystem/domain"
)

// rateRule says what counts against a rate.
type rateRule struct {
	limit      string // the rate's name
	operations []string
	by         func(*http.Request) string // who is counted
	more       func(*http.Request) int    // what a request counts besides 1, once its body is read; nil: nothing
	here       bool                       // counted in this process only: there are too many of them to ask a store each time
}

// rateRules count each operation per user where it needs a token, else per client address (an IPv6 client counts by its
// /64). What makes work for other people counts for each of them.
var rateRules = []rateRule{
	{limit: "register", operations: []string{"registerUser"}, by: clientAddress},
	{limit: "login", operations: []string{"login"}, by: clientAddress},
	{limit: "refresh", operations: []string{"refreshSession", "logout"}, by: clientAddress},
	{limit: "password", operations: []string{"changePassword"}, by: callerID},
	{limit: "search", operations: []string{"searchUsers"}, by: callerID},
	{limit: "send", operations: []string{"sendMessage"}, by: callerID},
	{limit: "mark", operations: []string{"markRead"}, by: callerID, here: true},
	{limit: "read", by: callerID, here: true, operations: []string{
		"getMe", "listSessions", "listUsersByID", "listConversations", "getConversation", "listMembers", "listInvites", "listMessages", "getMessage",
	}},
	{limit: "change", by: callerID, operations: []string{
		"updateMe", "logoutAll", "revokeSession", "renameConversation", "joinConversation", "removeMember", "leaveConversations", "setMemberRole", "declineInvite",
	}},
	{limit: "people", by: callerID, more: membersNamed, operations: []string{"createDM", "createGroup", "inviteMember"}},
}

// membersNamed counts whom a new group is for.
func membersNamed(r *http.Request) int {
	body, _ := r.Body.(decodedBody)
	members, _ := body.members["member_ids"].([]any)
	return len(members)
}

// rateLimiters are what the requests of operations pass before their bodies are read, and after.
func (s *site) rateLimiters() (before, after map[string]func(http.Handler) http.Handler) {
	before, after = map[string]func(http.Handler) http.Handler{}, map[string]func(http.Handler) http.Handler{}
	for _, rule := range rateRules {
		l := s.newLimiter(rule.limit, rule.by, rule.here)
		for _, id := range rule.operations {
			before[id] = l.counting(func(*http.Request) int { return 1 })
			if rule.more != nil {
				after[id] = l.counting(rule.more)
			}
		}
	}
	after["login"] = s.newGuards().middleware
	return before, after
}

// stripes is how many clients of one limiter may be counted at a time: a limiter of httprate is locked meanwhile, which
// takes a while if the counts are shared.
const stripes = 64

// limiter counts what clients do against a rate. A nil limiter lets everything pass.
type limiter struct {
	site    *site
	rate    Rate
	by      func(*http.Request) string
	seed    maphash.Seed
	striped [stripes]*httprate.RateLimiter
}

// newLimiter returns the limiter of a rate; its counts are those of the rate's name.
func (s *site) newLimiter(name string, by func(*http.Request) string, here bool) *limiter {
	rate := s.cfg.Limits[name]
	if rate.Requests <= 0 {
		return nil
	}
	l := &limiter{site: s, rate: rate, by: by, seed: maphash.MakeSeed()}
	counted := s.counted(name, rate, here)
	for i := range l.striped {
		l.striped[i] = httprate.NewRateLimiter(rate.Requests, rate.Window,
			httprate.WithResponseHeaders(httprate.ResponseHeaders{}), httprate.WithLimitCounter(counted()))
	}
	return l
}

func (l *limiter) of(client string) *httprate.RateLimiter {
	return l.striped[maphash.String(l.seed, client)%stripes]
}

// counting returns a middleware that refuses requests beyond the rate with 429.
func (l *limiter) counting(cost func(*http.Request) int) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if l == nil {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wait, ok := l.allow(r, l.by(r), cost(r)); !ok {
				l.site.fail(w, r, domain.ErrRateLimited.After(wait))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// allow counts what a client does, or tells how long until there is room for it. What costs more than the whole rate
// has room when nothing else was counted.
func (l *limiter) allow(r *http.Request, client string, cost int) (wait time.Duration, ok bool) {
	if l == nil || cost == 0 {
		return 0, true
	}
	cost = min(cost, l.rate.Requests)
	counted := r.WithContext(httprate.WithIncrement(r.Context(), cost))
	// Without headers and with counters that do not fail, it writes nothing.
	if !l.of(client).OnLimit(nil, counted, client) {
		return 0, true
	}
	return l.wait(client, cost), false
}

// giveBack takes back what allow counted a moment ago.
func (l *limiter) giveBack(client string) {
	if l != nil {
		window := time.Now().UTC().Truncate(l.rate.Window)
		_ = l.of(client).Counter().IncrementBy(client, window, -1) // neither counter fails
	}
}

// wait returns how long until a client has room for a cost, if it does nothing meanwhile. The previous window counts
// with the share of it that the sliding one still covers.
func (l *limiter) wait(client string, cost int) time.Duration {
	now := time.Now().UTC()
	window := now.Truncate(l.rate.Window)
	current, previous, err := l.of(client).Counter().Get(client, window, window.Add(-l.rate.Window))
	if err != nil {
		return l.rate.Window
	}
	// httprate rounds what was used: half a request more still fits.
	room := float64(l.rate.Requests-cost) + 0.5
	passed := now.Sub(window)
	if left := room - float64(current); left > 0 && previous > 0 {
		return max(0, fadedTo(left/float64(previous), l.rate.Window)-passed)
	}
	return l.rate.Window - passed + max(0, fadedTo(room/float64(max(current, 1)), l.rate.Window))
}

// fadedTo returns how much of a window has passed when a share of the previous one still counts.
func fadedTo(share float64, window time.Duration) time.Duration {
	return time.Duration(math.Ceil(float64(window)*(1-min(share, 1)))) + time.Millisecond // at the very moment it does not fit yet
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

// ClientKey names the client of a request that came through NewHandler: its address, of IPv6 the /64.
func ClientKey(r *http.Request) string { return clientAddress(r) }

func clientAddress(r *http.Request) string {
	return httprate.CanonicalizeIP(middleware.GetClientIP(r.Context()))
}

func callerID(r *http.Request) string { return string(callerOf(r.Context()).User) }
