package bench

import (
	"context"
	"sync/atomic"
	"time"

	"chatsystem/sdk"
)

// History is pages of one long conversation that are read at a rate.
type History struct {
	Messages int // in the conversation
	Size     int // characters of a message
	Page     int // messages of a page
	Rate     float64
	Duration time.Duration
	AtOnce   int // instead of a rate: so many pages under way all the time
}

// Validate reports what is wrong with the plan, or too much.
func (h History) Validate() error {
	if h.AtOnce > 0 {
		h.Rate = maxClosedRate
	}
	return firstOf(
		within("at once", float64(h.AtOnce), 0, maxInFlight),
		within("page", float64(h.Page), 1, 200),
		within("messages", float64(h.Messages), float64(h.Page), MaxRequests),
		within("size", float64(h.Size), 1, MaxBody),
		within("rate", h.Rate, 0.01, MaxRate),
		within("duration in seconds", h.Duration.Seconds(), 0.1, MaxDuration.Seconds()),
		within("rate × duration", h.Rate*h.Duration.Seconds(), 1, MaxRequests),
	)
}

// fillersAtOnce is how many of the messages to be read later are under way.
const fillersAtOnce = 64

// archive is a conversation to be read.
type archive struct {
	bench *Bench
	plan  History
	users []user
	id    string
}

// History fills a conversation, unless a run of the same seed has, reads its pages, and returns how long that took and
// whether each was whole.
func (b *Bench) History(ctx context.Context, plan History) (Result, error) {
	a, err := b.fill(ctx, plan)
	defer b.logout(ctx, a.users)
	if err != nil {
		return Result{}, err
	}
	return a.load(ctx, plan.Rate)
}

// SearchHistory returns the result of the highest good rate, with the steps that led there.
func (b *Bench) SearchHistory(ctx context.Context, plan History, s Search) (Result, error) {
	a, err := b.fill(ctx, plan)
	defer b.logout(ctx, a.users)
	if err != nil {
		return Result{}, err
	}
	return s.run(func(rate float64) (Result, error) {
		next := plan
		if next.Rate = rate; next.Validate() != nil {
			return Result{}, errOutOfBounds
		}
		return a.load(ctx, rate)
	})
}

func (b *Bench) fill(ctx context.Context, plan History) (*archive, error) {
	a := &archive{bench: b, plan: plan}
	if err := plan.Validate(); err != nil {
		return a, err
	}
	var err error
	if a.users, err = b.users(ctx, 2); err != nil {
		return a, err
	}
	if a.id, err = b.conversation(ctx, a.users); err != nil {
		return a, err
	}
	end, err := a.users[0].Page(ctx, a.id, sdk.After(int64(plan.Messages-1)).Limit(1))
	if err != nil || len(end.Messages) > 0 {
		return a, err
	}
	text := newMarker()
	return a, b.each(ctx, "messages", plan.Messages, fillersAtOnce, func(ctx context.Context, i int) error {
		_, err := a.users[0].Send(ctx, a.id, text.text(i, plan.Size))
		return err
	})
}

func (a *archive) load(ctx context.Context, rate float64) (Result, error) {
	page := newRecorder("page")
	failures := newTally()
	var whole, torn atomic.Int64
	pages := a.plan.Messages / a.plan.Page
	before, err := a.bench.usage()
	if err != nil {
		return Result{}, err
	}
	s := newSchedule(rate, a.plan.Duration)
	if a.plan.AtOnce > 0 {
		s = newClosedLoop(a.plan.AtOnce, int(maxClosedRate*a.plan.Duration.Seconds()), a.plan.Duration)
	}
	progress := a.bench.progress(loadStep(rate, a.plan.AtOnce), s.count)
	s.run(ctx, func(n int) {
		defer progress()
		after := int64(n % pages * a.plan.Page)
		full, err := a.readPage(ctx, a.users[n%2].Client, after)
		page.record(time.Since(s.due(n)))
		switch {
		case err != nil:
			failures.add(err)
		case full:
			whole.Add(1)
		default:
			torn.Add(1)
		}
	})
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	took := time.Since(s.began)
	after, err := a.bench.usage()
	if err != nil {
		return Result{}, err
	}
	result := Result{Offered: rate, Seconds: a.plan.Duration.Seconds(), Errors: failures.counts, Latencies: []Latency{page.latency()}}
	result.rate("pages/s", int(whole.Load()), took)
	result.spent("of the load", before, after)
	result.figure("incomplete pages", float64(torn.Load()))
	return result, nil
}

// readPage tells whether a page is full and follows seq in order.
func (a *archive) readPage(ctx context.Context, c *sdk.Client, seq int64) (bool, error) {
	ordered := true
	_, n, err := a.bench.page(ctx, c, a.id, seq, a.plan.Page, func(next int64, _ []byte) {
		ordered = ordered && next > seq
		seq = next
	})
	return ordered && n == a.plan.Page, err
}
