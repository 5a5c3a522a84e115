package redis

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	rateTimeout = 100 * time.Millisecond // a request waits for it, and goes on without
	rateSkew    = 10 * time.Second       // the clocks of instances may be so far apart
)

// RateCounters counts requests for the rate limits that the instances of a service share. A count is an integer at
// rate:{limiter}:{hash of the key}:{start of the window, Unix milliseconds}; keys are hashed because some are e-mail
// addresses. It is forgotten a little after two windows without a request.
type RateCounters struct {
	client *Client
}

// NewRateCounters returns the counters.
func NewRateCounters(c *Client) *RateCounters { return &RateCounters{c} }

// Limiter returns the counter of one limiter. Limiters of different names share nothing; those of the same name, in
// whatever process, share everything and must have the same window.
func (r *RateCounters) Limiter(name string) *RateCounter {
	return &RateCounter{client: r.client, kind: "rate:" + name}
}

// RateCounter counts the requests of one limiter; it has the form of a LimitCounter of go-chi/httprate. Every call is one
// round trip of at most 100 ms; all failures match domain.ErrUnavailable. All methods but Config may be called
// concurrently.
type RateCounter struct {
	client *Client
	kind   string
	expiry time.Duration
}

// Config sets the length of the windows, before anything is counted.
func (r *RateCounter) Config(_ int, window time.Duration) { r.expiry = 2*window + rateSkew }

// Increment counts one request.
func (r *RateCounter) Increment(key string, window time.Time) error {
	return r.IncrementBy(key, window, 1)
}

// IncrementBy counts requests of key in the window that begins then.
func (r *RateCounter) IncrementBy(key string, window time.Time, amount int) error {
	ctx, cancel := within(rateTimeout)
	defer cancel()
	at := r.at(key, window)
	_, err := r.client.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error { // both or none: a count that stayed would leak
		p.IncrBy(ctx, at, int64(amount))
		p.PExpire(ctx, at, r.expiry)
		return nil
	})
	return translate("count request", err)
}

// Get returns the counts of key in the windows that begin at current and previous.
func (r *RateCounter) Get(key string, current, previous time.Time) (inCurrent, inPrevious int, err error) {
	ctx, cancel := within(rateTimeout)
	defer cancel()
	counts, err := r.client.rdb.MGet(ctx, r.at(key, current), r.at(key, previous)).Result()
	if err != nil {
		return 0, 0, translate("read request counts", err)
	}
	for i, n := range []*int{&inCurrent, &inPrevious} {
		text, there := counts[i].(string)
		if !there {
			continue
		}
		if *n, err = strconv.Atoi(text); err != nil {
			return 0, 0, translate("read request counts", err)
		}
	}
	return inCurrent, inPrevious, nil
}

func (r *RateCounter) at(key string, window time.Time) string {
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("%s:%d", r.client.key(r.kind, base64.RawURLEncoding.EncodeToString(sum[:16])), window.UnixMilli())
}

// within returns a context for a caller that has none.
func within(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d) //nolint:forbidigo // httprate passes no context on
}
