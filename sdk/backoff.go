package sdk

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff yields growing delays with jitter, so that many clients do not come back in step.
type backoff struct {
	ceiling time.Duration
	current time.Duration
}

const (
	firstDelay = 200 * time.Millisecond
	fetchDelay = 3 * time.Second  // ceiling between attempts at one conversation or one request
	linkDelay  = 10 * time.Second // ceiling between attempts to connect
)

// next returns the delay before the next attempt: between half of a doubling value and all of it.
func (b *backoff) next() time.Duration {
	b.current = min(max(2*b.current, firstDelay), b.ceiling)
	return b.current/2 + rand.N(b.current/2+1)
}

// after is next, but never earlier than the server asked for in err.
func (b *backoff) after(err error) time.Duration { return max(b.next(), retryAfter(err)) }

func (b *backoff) reset() { b.current = 0 }

// sleep waits for d, or returns the context's error if that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// spread returns d give or take a tenth.
func spread(d time.Duration) time.Duration { return d - d/10 + rand.N(d/5+1) }
