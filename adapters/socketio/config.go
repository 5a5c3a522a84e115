package socketio

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"chatsystem/adapters/socketio/sio"
)

// Config says how a Server behaves. Start from DefaultConfig.
type Config struct {
	PingInterval   time.Duration // from a pong to the next ping, which may be a fiftieth early
	PingTimeout    time.Duration // from a ping until its pong is too late
	ConnectTimeout time.Duration // how long a session may be without any namespace
	UpgradeTimeout time.Duration // from a WebSocket's arrival until it must have taken over from polling
	WriteTimeout   time.Duration // for one frame or one answer to leave

	MaxPayload int // bytes: bound of one inbound message or POST, and aim for one answer to a GET
	SendQueue  int // packets that may wait for a client; one more and it is cut off

	MaxSessions int // open at a time; one more is refused with 503

	Namespaces []string // the namespaces clients may join

	// CheckOrigin decides whether a page may open a session. Nil allows requests without an
	// Origin and those whose Origin is the host they are sent to.
	CheckOrigin func(*http.Request) bool
	// ClientOf names who is behind a request that opens a session. Nil: nobody is told apart.
	ClientOf func(*http.Request) string
	// NewSessionID makes Engine.IO session ids: unguessable (15 random bytes at least) and
	// safe in a query. They are secrets: who has one can read and write the session. Nil makes
	// 26 random characters; behind a Forwarder a Sealer makes them.
	NewSessionID func() (string, error)
}

// DefaultConfig returns the settings of the gateway.
func DefaultConfig() Config {
	return Config{
		PingInterval:   25 * time.Second,
		PingTimeout:    20 * time.Second,
		ConnectTimeout: 45 * time.Second,
		UpgradeTimeout: 10 * time.Second,
		WriteTimeout:   10 * time.Second,
		MaxPayload:     16 << 10,
		SendQueue:      256,
		MaxSessions:    65_536,
		Namespaces:     []string{"/", "/ws"},
	}
}

// minSendQueue holds one event with as many attachments as a packet may have.
const minSendQueue = 1 + sio.MaxAttachments

// Validate reports everything that is wrong with the settings at once.
func (c Config) Validate() error {
	var errs []error
	for name, d := range map[string]time.Duration{
		"ping interval":   c.PingInterval,
		"ping timeout":    c.PingTimeout,
		"connect timeout": c.ConnectTimeout,
		"upgrade timeout": c.UpgradeTimeout,
		"write timeout":   c.WriteTimeout,
	} {
		if d < time.Millisecond {
			errs = append(errs, fmt.Errorf("%s is %v, want at least 1ms", name, d))
		}
	}
	if c.MaxPayload < 1 {
		errs = append(errs, fmt.Errorf("max payload is %d bytes, want a positive number", c.MaxPayload))
	}
	if c.SendQueue < minSendQueue {
		errs = append(errs, fmt.Errorf("send queue is %d packets, want at least %d", c.SendQueue, minSendQueue))
	}
	if c.MaxSessions < 1 {
		errs = append(errs, fmt.Errorf("max sessions is %d, want a positive number", c.MaxSessions))
	}
	if len(c.Namespaces) == 0 {
		errs = append(errs, errors.New("no namespaces"))
	}
	for _, ns := range c.Namespaces {
		if !strings.HasPrefix(ns, "/") || strings.Contains(ns, ",") {
			errs = append(errs, fmt.Errorf("namespace %q, want a leading slash and no comma", ns))
		}
	}
	return errors.Join(errs...)
}

// withFallbacks fills in the functions that were left nil.
func (c Config) withFallbacks() Config {
	if c.CheckOrigin == nil {
		c.CheckOrigin = sameOrigin
	}
	if c.NewSessionID == nil {
		c.NewSessionID = func() (string, error) { return rand.Text(), nil }
	}
	return c
}

// AllowOrigins returns a CheckOrigin that also lets in pages of the given origins (scheme://host[:port]).
func AllowOrigins(origins []string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return sameOrigin(r) || slices.Contains(origins, r.Header.Get("Origin"))
	}
}

func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}
