package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// schedule is when each of a number of requests is due. It does not depend on how the server fares.
type schedule struct {
	began time.Time
	every time.Duration // between two requests
	count int
}

func newSchedule(rate float64, over time.Duration) schedule {
	return schedule{
		began: time.Now(), every: time.Duration(float64(time.Second) / rate), count: max(1, int(rate*over.Seconds())),
	}
}

// due returns when the n-th request is due, from 0.
func (s schedule) due(n int) time.Time { return s.began.Add(time.Duration(n) * s.every) }

// run calls do for every request when it is due, each in a goroutine of its own, and returns when all are done, or when ctx
// has ended and those under way are done.
func (s schedule) run(ctx context.Context, do func(n int)) {
	slots := newSlots(maxInFlight)
	defer slots.wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := range s.count {
		if wait := time.Until(s.due(n)); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return
		}
		slots.run(func() { do(n) })
	}
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

// progress returns what is to be called after each part of a step.
func (b *Bench) progress(step string, total int) func() {
	if b.cfg.Progress == nil || step == "" {
		return func() {}
	}
	var done atomic.Int64
	return func() { b.cfg.Progress(step, int(done.Add(1)), total) }
}
