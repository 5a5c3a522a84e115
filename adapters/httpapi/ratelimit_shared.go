package httpapi

import (
	"log/slog"
	"sync"
	"time"

	"github.com/go-chi/httprate"
)

// RateCounter counts the requests of one limiter, for all instances of a service together. It must give up soon: a request
// waits for it.
type RateCounter = httprate.LimitCounter

// counted returns what makes each stripe of a limiter count where its counts belong.
func (s *site) counted(name string, rate Rate, here bool) func() httprate.LimitCounter {
	if s.cfg.Counters == nil || here {
		return func() httprate.LimitCounter { return httprate.NewLocalLimitCounter(rate.Window) }
	}
	shared := s.cfg.Counters(name)
	shared.Config(rate.Requests, rate.Window)
	return func() httprate.LimitCounter {
		return &sharedCounter{shared, httprate.NewLocalLimitCounter(rate.Window), s.outage}
	}
}

// sharedCounter counts twice, in the shared counter and here, and goes by the larger number: so the limit holds in this
// process while the shared counter is away, and what was counted meanwhile still counts when it is back. It never fails.
type sharedCounter struct {
	shared RateCounter
	local  httprate.LimitCounter
	outage *outage
}

// Config implements httprate.LimitCounter.
func (c *sharedCounter) Config(limit int, window time.Duration) { c.local.Config(limit, window) }

// Increment implements httprate.LimitCounter.
func (c *sharedCounter) Increment(key string, window time.Time) error {
	return c.IncrementBy(key, window, 1)
}

// IncrementBy implements httprate.LimitCounter.
func (c *sharedCounter) IncrementBy(key string, window time.Time, amount int) error {
	c.outage.attempt(func() error { return c.shared.IncrementBy(key, window, amount) })
	return c.local.IncrementBy(key, window, amount)
}

// Get implements httprate.LimitCounter.
func (c *sharedCounter) Get(key string, current, previous time.Time) (inCurrent, inPrevious int, err error) {
	c.outage.attempt(func() error {
		inCurrent, inPrevious, err = c.shared.Get(key, current, previous)
		return err
	})
	hereCurrent, herePrevious, err := c.local.Get(key, current, previous)
	return max(inCurrent, hereCurrent), max(inPrevious, herePrevious), err
}

// probeInterval is how often a store that was away is asked whether it is back; one request waits for the answer.
const probeInterval = time.Second

// outage keeps requests from waiting for a store that does not answer.
type outage struct {
	log *slog.Logger

	mu    sync.Mutex
	away  bool
	probe time.Time // when to ask again
}

// attempt makes a call unless the store is known to be away.
func (o *outage) attempt(call func() error) {
	probing, ok := o.begin()
	if !ok {
		return
	}
	err := call()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err != nil && !o.away:
		o.away, o.probe = true, time.Now().Add(probeInterval)
		o.log.Warn("shared rate counters do not answer, each process counts for itself", "error", err)
	case err == nil && probing:
		o.away = false
		o.log.Info("shared rate counters are back")
	}
}

// begin tells whether to call the store, and whether that call decides if it is back.
func (o *outage) begin() (probing, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	switch {
	case !o.away:
		return false, true
	case now.Before(o.probe):
		return false, false
	}
	o.probe = now.Add(probeInterval)
	return true, true
}
