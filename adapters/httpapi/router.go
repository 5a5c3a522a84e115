package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"chatsystem/ports"
)

// Config says whom the server trusts and how much of one client it takes.
type Config struct {
	// AllowedOrigins are the origins (scheme://host[:port]) of the web app besides the server's own: their pages may use
	// the refresh cookie, and call at all if CORS is set.
	AllowedOrigins []string
	// CORS answers cross-origin requests of browsers. Only for a server without a proxy in front that does.
	CORS bool
	// TrustedProxies are the addresses and networks (CIDR) whose X-Forwarded-For and X-Forwarded-Proto are believed.
	TrustedProxies []string
	// Limits are the rates of requests; zero is unlimited.
	Limits Limits
	// DeviceKey signs the cookies by which browsers are known again that an account signed in with; nil: none are.
	DeviceKey []byte
	// Counters returns the counts of a limiter that all instances share; nil: each process counts for itself.
	Counters func(limiter string) RateCounter
	// Tracer records the operations; nil records none.
	Tracer Tracer
	// Draining tells whether the server is about to end, which /readyz says then; nil: it never is. Called concurrently.
	Draining func() bool
}

// Validate reports every fault of the configuration.
func (c Config) Validate() error {
	_, originErr := foreignCookies(c.AllowedOrigins)
	_, proxyErr := parseProxies(c.TrustedProxies)
	return errors.Join(originErr, proxyErr)
}

// site is what all routes of one server share.
type site struct {
	cfg           Config
	log           *slog.Logger
	tokens        ports.TokenVerifier
	latency       *prometheus.HistogramVec
	contract      *contract
	outage        *outage // of the shared rate counters
	gates         gates
	bodies        *bodyBudget
	devices       devices
	invalidTokens *limiter     // by address
	fallback      http.Handler // what is not under /api and has no route; nil: a 404 problem
}

// Routes is a part of what a server serves.
type Routes func(m *mount)

// mount is where Routes go: each of its routers has the middleware for its kind.
type mount struct {
	site     *site
	api      chi.Router // operations of the document
	data     chi.Router // other answers that are data
	realtime chi.Router // long-lived requests: not measured, not logged, not bounded
}

// requestTimeout ends the context of an operation; nobody waits longer for an answer.
const requestTimeout = 10 * time.Second

// NewHandler returns the server of the given routes. What log gets comes with the request's context, which has its id
// (ports.RequestIDOf) and its place in a trace. The access token is checked by tokens; latencies are registered
// with metrics.
func NewHandler(cfg Config, log *slog.Logger, metrics prometheus.Registerer, tokens ports.TokenVerifier, routes ...Routes) (http.Handler, error) {
	dropForeignCookies, originErr := foreignCookies(cfg.AllowedOrigins)
	trusted, proxyErr := parseProxies(cfg.TrustedProxies)
	document, documentErr := loadContract()
	if err := errors.Join(originErr, proxyErr, documentErr); err != nil {
		return nil, err
	}
	s := &site{cfg: cfg, log: log, tokens: tokens, latency: newLatency(), contract: document, outage: &outage{log: log}, gates: newGates()}
	s.devices = devices{cfg.DeviceKey}
	s.invalidTokens = s.newLimiter("token", clientAddress, false)
	s.bodies = newBodyBudget(s.gates.shed.WithLabelValues("body"))
	if err := errors.Join(metrics.Register(s.latency), metrics.Register(s.gates.shed)); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}

	root := chi.NewRouter()
	root.Use(beginExchange, trusted.clientIP(), trusted.noteHTTPS)
	if cfg.CORS {
		root.Use(crossOrigin(cfg.AllowedOrigins))
	}
	root.Use(middleware.GetHead)
	served := chi.Chain(s.observe, s.recoverPanics, secureHeaders)
	root.NotFound(served.HandlerFunc(s.notFound).ServeHTTP)
	root.MethodNotAllowed(served.HandlerFunc(s.methodNotAllowed(root)).ServeHTTP)

	data := root.With(served...).With(dataHeaders)
	before, after := s.rateLimiters()
	m := &mount{
		site: s,
		data: data,
		api: data.With(s.shedEarly, deadline, dropForeignCookies, nameCookies, s.strictQuery, s.authenticate, s.limitRates(before),
			s.strictBody, s.limitRates(after), s.limitRates(s.deviceKeepers()), s.admit),
		realtime: root.With(s.recoverPanics),
	}
	for _, add := range routes {
		add(m)
	}
	return root, nil
}

// operationOf returns the operation that a request was routed to.
func (s *site) operationOf(r *http.Request) *operation {
	route := chi.RouteContext(r.Context())
	if op := s.contract.operations[route.RouteMethod+" "+route.RoutePattern()]; op != nil {
		return op
	}
	return &operation{} // of no document: needs a token, has no body
}

func deadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	read := r.Method == http.MethodGet || r.Method == http.MethodHead // all that a page can be asked for
	if s.fallback == nil || !read || r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/") {
		s.fail(w, r, errRouteNotFound)
		return
	}
	s.fallback.ServeHTTP(w, r)
}

// methodNotAllowed answers 405 with the methods that the path does know.
func (s *site) methodNotAllowed(root chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if root.Match(chi.NewRouteContext(), method, r.URL.Path) {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.answer(w, r, http.StatusMethodNotAllowed, errMethodNotAllowed)
	}
}
