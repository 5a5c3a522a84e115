package sdk

import (
	"net/http"
	"time"
)

// Option changes how a [Client] works.
type Option func(*config)

type config struct {
	http           *http.Client
	tokens         TokenStore
	observeTokens  func(Tokens)
	requestTimeout time.Duration
	maxAttempts    int
	userAgent      string
	transports     []Transport
}

func defaultConfig() config {
	return config{
		http:           &http.Client{},
		tokens:         &tokenMemory{},
		observeTokens:  func(Tokens) {},
		requestTimeout: 10 * time.Second,
		maxAttempts:    5,
		userAgent:      "chatsystem-sdk-go",
		transports:     []Transport{WebSocket, Polling},
	}
}

// WithHTTPClient sets the client that carries all requests. WebSocket connections take over the dial function, the
// proxy and the TLS settings of its transport, if that is an [*http.Transport]. Polls do not obey its Timeout.
func WithHTTPClient(h *http.Client) Option {
	return func(c *config) { c.http = h }
}

// WithTokens starts as the session that t belongs to, instead of signed out.
func WithTokens(t Tokens) Option {
	return func(c *config) { c.tokens = &tokenMemory{t} }
}

// WithTokenStore starts as the session whose tokens are stored, and keeps them there: signing in fills the store,
// signing out empties it. Programs with the same store share a session; only one of them refreshes it at a time, and the
// others take over what it got. See [TokenFile].
func WithTokenStore(s TokenStore) Option {
	return func(c *config) { c.tokens = s }
}

// WithTokenObserver has observe called with every new pair of tokens before they are used, and with the zero Tokens
// when the session has ended: a program that stores what it gets can start again with [WithTokens]. The calls come one
// at a time and in order; observe must not call the client.
func WithTokenObserver(observe func(Tokens)) Option {
	return func(c *config) { c.observeTokens = observe }
}

// WithRequestTimeout limits each attempt at a request, the reading of its answer included. The default is 10 s, which
// is above the server's own limits.
func WithRequestTimeout(d time.Duration) Option {
	return func(c *config) { c.requestTimeout = d }
}

// WithMaxAttempts sets how often a call that is safe to repeat is tried before its last error is returned: 1 never
// repeats; the default is 5. An [Outbox] and a [Subscription] do not give up.
func WithMaxAttempts(n int) Option {
	return func(c *config) { c.maxAttempts = max(1, n) }
}

// WithUserAgent sets the name under which the session appears in [Client.Sessions].
func WithUserAgent(name string) Option {
	return func(c *config) { c.userAgent = name }
}

// WithTransports sets which transports subscriptions use, the best first; the default is WebSocket, then Polling. When
// one fails the next is tried at once. A connection over another than the first looks every 5 minutes whether the first
// works again.
func WithTransports(first Transport, others ...Transport) Option {
	return func(c *config) { c.transports = append([]Transport{first}, others...) }
}
