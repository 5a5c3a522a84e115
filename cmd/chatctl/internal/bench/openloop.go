package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// schedule is when each of a number of requests is due. In an open loop that does not depend on how the server fares. In a
// closed one, each of atOnce senders has its next request due when the last is done: that finds out how much a server
// takes, and tells nothing of how long users would wait.
type schedule struct {
	began time.Time
	every time.Duration // between two requests of an open loop
	count int           // of requests; the most of a closed loop

	atOnce int // of a closed loop, 0 in an open one
	until  time.Time
	starts []atomic.Int64 // when the n-th request of a closed loop was made, in nanoseconds since began
}

func newSchedule(rate float64, over time.Duration) schedule {
	return schedule{
		began: time.Now(), every: time.Duration(float64(time.Second) / rate), count: max(1, int(rate*over.Seconds())),
	}
}

func newClosedLoop(atOnce, most int, over time.Duration) schedule {
	now := time.Now()
	return schedule{began: now, count: most, atOnce: atOnce, until: now.Add(over), starts: make([]atomic.Int64, most)}
}

// due returns when the n-th request is due, from 0.
func (s *schedule) due(n int) time.Time {
	if s.atOnce > 0 {
		return s.began.Add(time.Duration(s.starts[n].Load()))
	}
	return s.began.Add(time.Duration(n) * s.every)
}

// timerLateness is how late Go's timers may be.
const timerLateness = 2 * time.Millisecond

// run calls do for every request when it is due, each in a goroutine of its own or, in a closed loop, in its sender's. It
// returns when all are done, or when ctx has ended and those under way are done.
func (s *schedule) run(ctx context.Context, do func(n int)) {
	if s.atOnce > 0 {
		s.runClosed(ctx, do)
		return
	}
	slots := newSlots(maxInFlight)
	defer slots.wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := range s.count {
		due := s.due(n)
		if wait := time.Until(due) - timerLateness; wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return
		}
		punctually(due)
		slots.run(func() { do(n) })
	}
}

func (s *schedule) runClosed(ctx context.Context, do func(n int)) {
	var next atomic.Int64
	var senders sync.WaitGroup
	for range s.atOnce {
		senders.Go(func() {
			for {
				now := time.Now()
				n := int(next.Add(1)) - 1
				if n >= s.count || now.After(s.until) || ctx.Err() != nil {
					return
				}
				s.starts[n].Store(int64(now.Sub(s.began)))
				do(n)
			}
		})
	}
	senders.Wait()
}

// slots run functions in goroutines, so many at once.
type slots struct {
	free    chan struct{}
	running sync.WaitGroup
}

func newSlots(n int) *slots { return &slots{free: make(chan struct{}, n)} }

// run waits for a free slot.
func (s *slots) run(f func()) {
	s.free <- struct{}{}
	s.running.Go(func() {
		defer func() { <-s.free }()
		f()
	})
}

func (s *slots) wait() { s.running.Wait() }

// loadStep names a load.
func loadStep(rate float64, atOnce int) string {
	if atOnce > 0 {
		return fmt.Sprintf("load, %d at once", atOnce)
	}
	return fmt.Sprintf("load at %g/s", rate)
}

// progress returns what is to be called after each part of a step.
func (b *Bench) progress(step string, total int) func() {
	if b.cfg.Progress == nil || step == "" {
		return func() {}
	}
	var done atomic.Int64
	return func() { b.cfg.Progress(step, int(done.Add(1)), total) }
}
