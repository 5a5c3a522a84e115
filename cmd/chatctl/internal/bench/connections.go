package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Connections is many connections that are opened at a rate and kept open.
type Connections struct {
	Users int // who share them
	Count int
	Rate  float64       // opened per second
	Hold  time.Duration // how long they are kept after the last was opened
}

// Validate reports what is wrong with the plan, or too much.
func (c Connections) Validate() error {
	return firstOf(
		within("connections", float64(c.Count), 1, MaxConnections),
		within("users", float64(c.Users), 1, float64(c.Count)),
		within("rate", c.Rate, 0.01, MaxRate),
		within("seconds of opening", float64(c.Count)/c.Rate, 0, MaxDuration.Seconds()),
		within("hold in seconds", c.Hold.Seconds(), 0, MaxDuration.Seconds()),
	)
}

// Connections opens the connections, holds them, and returns how long each took until its user was accepted, and how many
// the server ended meanwhile.
func (b *Bench) Connections(ctx context.Context, plan Connections) (Result, error) {
	if err := plan.Validate(); err != nil {
		return Result{}, err
	}
	users, err := b.users(ctx, plan.Users)
	defer b.logout(ctx, users)
	if err != nil {
		return Result{}, err
	}
	connect := newRecorder("connect")
	failures := newTally()
	var opened, dropped atomic.Int64
	var held sync.WaitGroup
	holding, release := context.WithCancel(ctx)
	defer held.Wait()
	defer release()

	before, err := b.usage()
	if err != nil {
		return Result{}, err
	}
	s := newSchedule(plan.Rate, time.Duration(float64(plan.Count)/plan.Rate*float64(time.Second)))
	s.count = plan.Count
	progress := b.progress("connections", plan.Count)
	s.run(ctx, func(n int) {
		defer progress()
		line, err := b.dial(ctx, users[n%len(users)].Tokens().AccessToken)
		connect.record(time.Since(s.due(n)))
		if err != nil {
			failures.add(err)
			return
		}
		opened.Add(1)
		held.Go(func() {
			defer line.close()
			defer context.AfterFunc(holding, line.close)()
			for {
				if _, err := line.next(); err != nil {
					if holding.Err() == nil {
						dropped.Add(1)
					}
					return
				}
			}
		})
	})
	result := Result{Offered: plan.Rate, Seconds: time.Since(s.began).Seconds(), Errors: failures.counts}
	opening, err := b.usage()
	if err != nil {
		return Result{}, err
	}
	if err := b.hold(ctx, plan.Hold); err != nil {
		return Result{}, err
	}
	after, err := b.usage()
	if err != nil {
		return Result{}, err
	}
	result.spent("of opening", before, opening)
	result.spent("of holding", opening, after)
	if len(b.cfg.Watch) > 0 {
		result.figure("bytes in memory more", float64(after.rss-before.rss))
	}
	result.Latencies = []Latency{connect.latency()}
	result.figure("opened", float64(opened.Load()))
	result.figure("opened/s", float64(opened.Load())/result.Seconds)
	result.figure("dropped", float64(dropped.Load()))
	return result, nil
}

// hold waits, and shows that it does.
func (b *Bench) hold(ctx context.Context, d time.Duration) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	end := time.After(d)
	progress := b.progress("hold (seconds)", int(d.Seconds()))
	for {
		select {
		case <-ticker.C:
			progress()
		case <-end:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tally counts errors by kind.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func newTally() *tally { return &tally{counts: map[string]int{}} }

func (t *tally) add(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[kindOf(err)]++
}
