// Package servicecall makes the calls of serviceapi: with a deadline, a few retries within a budget, and a circuit breaker.
// Drives: nothing. Implements no port; chatclient and userclient do, on top of it.
package servicecall

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"chatsystem/domain"
)

// Client calls one service. It is safe for concurrent use.
type Client struct {
	service    string // its name in errors
	base       string
	credential string
	faults     []*domain.Fault
	http       *http.Client
	breaker    breaker
	budget     *budget
}

// New returns a client of the service with this name. It connects to nothing yet. An answer with the code of one of
// faults is that error; a refused credential makes the service unavailable; any other refusal is a bug, not the user's fault.
func New(cfg Config, service string, faults ...*domain.Fault) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	t := cfg.Transport
	if t == nil {
		t = NewTransport()
	}
	return &Client{
		service: service, base: strings.TrimSuffix(cfg.URL, "/"), credential: cfg.Credential, faults: faults,
		http:    &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		breaker: newBreaker(), budget: newBudget(),
	}, nil
}

// Call is one kind of call.
type Call struct {
	Path string
	// Timeout bounds the call with its retries; the context may bound it further.
	Timeout time.Duration
	// Once forbids retries.
	Once bool
}

const (
	maxRetries = 2
	firstPause = 50 * time.Millisecond // before the first retry; doubled for the next
)

// Do posts in and decodes the answer into out, which may be nil. It returns the status, 2xx. What is wrong with the service
// or the way to it, rather than with the call, matches domain.ErrUnavailable: whether the call took effect is unknown then. A
// context that ends is returned as such.
func (c *Client) Do(ctx context.Context, call Call, in, out any) (status int, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, fmt.Errorf("%s: encode: %w", c.service, err)
	}
	bounded, cancel := context.WithTimeout(ctx, call.Timeout)
	defer cancel()
	c.budget.earn()
	for retries := 0; ; retries++ {
		status, err = c.attempt(bounded, call.Path, body, out)
		if !isTransient(err) || call.Once || retries == maxRetries || !c.budget.spend() || !pause(bounded, firstPause<<retries) {
			return status, c.explain(ctx, call.Path, err)
		}
	}
}

func (c *Client) attempt(ctx context.Context, path string, body []byte, out any) (int, error) {
	if !c.breaker.admit() {
		return 0, errOpen
	}
	status, err := c.exchange(ctx, path, body, out)
	c.breaker.report(err)
	return status, err
}

// explain says which call failed, and marks what may be repeated later.
func (c *Client) explain(ctx context.Context, path string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %s: %w", c.service, path, ctx.Err())
	case isTransient(err), errors.Is(err, errOpen), errors.Is(err, errCredential):
		return fmt.Errorf("%w: %s: %s: %w", domain.ErrUnavailable, c.service, path, err)
	}
	return fmt.Errorf("%s: %s: %w", c.service, path, err)
}

// pause waits for about d; false if ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d/2 + rand.N(d)):
		return true
	case <-ctx.Done():
		return false
	}
}
