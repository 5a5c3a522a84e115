package sdk

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Client talks to one server as one user. It is safe for concurrent use; make it with [New].
//
// Every method takes a context and has a deadline of its own besides ([WithRequestTimeout] for each attempt). Calls
// that are safe to repeat (reads, Send, MarkRead and a few more) are repeated after network errors, 429 and 5xx, with
// growing pauses and no sooner than the server asks; the others after 429 only. When the server asks for more than 30 s,
// the caller gets the error.
//
// A refusal by the server is an [*Error]; a missing or ended session is [ErrSignedOut].
type Client struct {
	base *url.URL // scheme, host and a path without a trailing slash
	cfg  config
	keys *keyring

	mu            sync.Mutex
	subscriptions map[*Subscription]struct{}
}

// New returns a client of the server at baseURL, such as "https://chat.example.com". It connects to nothing yet.
func New(baseURL string, opts ...Option) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fmt.Errorf("base URL %q: want http:// or https:// and a host", baseURL)
	}
	c := &Client{
		base:          &url.URL{Scheme: base.Scheme, User: base.User, Host: base.Host, Path: strings.TrimRight(base.Path, "/")},
		cfg:           defaultConfig(),
		subscriptions: make(map[*Subscription]struct{}),
	}
	for _, opt := range opts {
		opt(&c.cfg)
	}
	if c.keys, err = newKeyring(c.cfg.tokens, c.cfg.observeTokens, c.exchange); err != nil {
		return nil, err
	}
	return c, nil
}

// announce tells the client's subscriptions of a message that the server has acknowledged: an own message may arrive
// this way before its event does.
func (c *Client) announce(m Message) {
	m.Body = "" // subscriptions hand out the preview form
	c.mu.Lock()
	subscriptions := slices.Collect(maps.Keys(c.subscriptions))
	c.mu.Unlock()
	for _, s := range subscriptions {
		s.hear(m)
	}
}

func (c *Client) register(s *Subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subscriptions[s] = struct{}{}
}

func (c *Client) unregister(s *Subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.subscriptions, s)
}
