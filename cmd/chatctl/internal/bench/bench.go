// Package bench puts load on a server the way its users do, over its API and its sockets alone, and tells how it fared: how
// long things took, and whether every message got where it belongs.
//
// The load is an open loop: what is due when is fixed before the first request, and every duration counts from when its
// request was due, not from when it was made. A server that stalls does not slow its users down in life, either; a driver
// that waited for it would leave out exactly the requests that suffered (coordinated omission).
package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"chatsystem/sdk"
)

// The bounds of a run: it is a measurement, not an attack, and its own memory must not decide it.
const (
	MaxDuration    = 10 * time.Minute
	MaxRate        = 100_000   // requests per second
	MaxRequests    = 2_000_000 // in a run
	MaxEvents      = 20_000_000
	MaxConnections = 50_000
	MaxMembers     = 100
	MaxBody        = 100_000 // characters of a message
)

// Config is what all scenarios have in common.
type Config struct {
	Server    string // the address of the API and of the sockets
	UserAgent string
	// Seed names the accounts and groups, which the run makes or, if they are there, uses again; empty: new ones.
	Seed     string
	Password string // of the accounts; empty: one that nobody knows
	// Watch are the ids of the server's processes on this machine, the one whose memory counts first. What they use during
	// the load, with their children, is part of the result.
	Watch []int
	// Progress hears how far a step of the run has come. It is called from several goroutines.
	Progress func(step string, done, total int)
}

// Bench is a server and the ways to it. It is for one run at a time.
type Bench struct {
	cfg  Config
	url  *url.URL
	http *http.Client
}

// maxInFlight bounds the requests under way. An arrival that finds so many waits; its time counts all the same.
const maxInFlight = 1024

// requestTimeout is when a request counts as failed.
const requestTimeout = 30 * time.Second

// New returns a bench; it connects to nothing yet.
func New(cfg Config) (*Bench, error) {
	u, err := url.Parse(cfg.Server)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("the server must be an http or https address, is %q", cfg.Server)
	}
	if cfg.Seed == "" {
		cfg.Seed = strings.ToLower(rand.Text()[:10])
	}
	if cfg.Password == "" {
		cfg.Password = rand.Text()
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = maxInFlight, maxInFlight
	return &Bench{cfg: cfg, url: u, http: &http.Client{Transport: transport}}, nil
}

// Close lets go of the connections.
func (b *Bench) Close() { b.http.CloseIdleConnections() }

// user is one of the signed-in users of a run.
type user struct {
	*sdk.Client
	id string
}

// signInsAtOnce is few: each costs the server a password hash.
const signInsAtOnce = 8

// users makes n accounts, or signs in to those there are.
func (b *Bench) users(ctx context.Context, n int) ([]user, error) {
	all := make([]user, n)
	err := b.each(ctx, "accounts", n, signInsAtOnce, func(ctx context.Context, i int) (err error) {
		all[i], err = b.user(ctx, i)
		return err
	})
	return all, err
}

func (b *Bench) user(ctx context.Context, i int) (user, error) {
	client, err := sdk.New(b.cfg.Server,
		sdk.WithUserAgent(b.cfg.UserAgent), sdk.WithHTTPClient(b.http), sdk.WithMaxAttempts(1), sdk.WithRequestTimeout(requestTimeout))
	if err != nil {
		return user{}, err
	}
	name := fmt.Sprintf("bench-%s-%d", b.cfg.Seed, i+1)
	account, err := client.Register(ctx, sdk.Registration{Email: name + "@example.org", Password: b.cfg.Password, Username: name})
	var refusal *sdk.Error
	taken := errors.As(err, &refusal) && refusal.Status == http.StatusConflict
	if taken || err == nil && client.Tokens().AccessToken == "" {
		account, err = client.Login(ctx, name+"@example.org", b.cfg.Password)
	}
	if sdk.HasCode(err, sdk.CodeRateLimited) {
		err = fmt.Errorf("%w: a load test needs a server that runs with RATE_LIMITS=off", err)
	}
	return user{client, account.UserID}, err
}

// logout ends the sessions, so that they are not left behind for a week.
func (b *Bench) logout(ctx context.Context, users []user) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	_ = b.each(ctx, "", len(users), signInsAtOnce, func(ctx context.Context, i int) error {
		if users[i].Client != nil && users[i].Tokens().RefreshToken != "" {
			_ = users[i].Logout(ctx) // else the session ends by itself
		}
		return nil
	})
}

// each runs f for 0…n-1, so many at once, and stops at the first error.
func (b *Bench) each(ctx context.Context, step string, n, atOnce int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	progress := b.progress(step, n)
	slots := newSlots(atOnce)
	for i := 0; i < n && ctx.Err() == nil; i++ {
		slots.run(func() {
			if ctx.Err() != nil {
				return
			}
			if err := f(ctx, i); err != nil {
				cancel(fmt.Errorf("%s: %w", step, err))
				return
			}
			progress()
		})
	}
	slots.wait()
	return context.Cause(ctx)
}
