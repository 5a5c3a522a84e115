package simulation

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
)

// fate is what becomes of a call.
type fate int

const (
	works       fate = iota
	failsBefore      // it never arrives
	failsAfter       // it takes effect, and its answer is lost
	happensLate      // it fails for its caller, and takes effect some time later
	repeats          // its first answer is lost, and whoever carries it tries again: it takes effect twice
	answersLate      // it takes effect, and its answer is another await point
	timesOut         // its context has ended; it may take effect yet
	dies             // the caller's process is gone
)

func (f fate) String() string {
	return [...]string{"works", "fails before", "fails after", "happens late", "repeats", "answers late", "times out", "dies"}[f]
}

// errLost is what a caller hears of a call that went wrong on its way.
var errLost = errors.New("simulated: no answer")

// call is a goroutine that waits for the scheduler's verdict.
type call struct {
	by      *process
	op      string
	detail  string
	answer  bool        // it has taken effect: only its answer is under way
	steady  bool        // it may wait long, and never fails
	ready   func() bool // nil: at once
	since   int         // the step in which it began to wait
	verdict chan fate
}

func (c *call) String() string {
	s := c.by.String() + " " + c.op
	if c.detail != "" {
		s += " " + c.detail
	}
	if c.answer {
		s += ", answer"
	}
	return s
}

// compare orders calls by what is the same in every replay.
func (c *call) compare(other *call) int {
	return cmp.Or(
		cmp.Compare(c.since, other.since), cmp.Compare(c.by.slot, other.by.slot), cmp.Compare(c.by.run, other.by.run),
		cmp.Compare(c.op, other.op), cmp.Compare(c.detail, other.detail),
	)
}

// scheduler knows who waits for a verdict. Its order does not depend on that in which goroutines of one step came.
type scheduler struct {
	mu     sync.Mutex
	step   int
	parked []*call
}

// park waits for what becomes of a call.
func (s *scheduler) park(ctx context.Context, c *call) fate {
	s.mu.Lock()
	if c.by.dead {
		s.mu.Unlock()
		return dies
	}
	c.since, c.verdict = s.step, make(chan fate, 1)
	s.parked = append(s.parked, c)
	s.mu.Unlock()
	select {
	case f := <-c.verdict:
		return f
	case <-c.by.ctx.Done(): // whatever goes on in a process ends with it, even what its code detached from ctx
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parked = slices.DeleteFunc(s.parked, func(other *call) bool { return other == c })
	if c.by.dead {
		return dies
	}
	return timesOut
}

// waiting returns the calls that can go on, in an order that only the run's history decides.
func (s *scheduler) waiting() []*call {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.parked, (*call).compare)
	var able []*call
	for _, c := range s.parked {
		if c.ready == nil || c.ready() {
			able = append(able, c)
		}
	}
	return able
}

// fence orders the driver's steps with what the clock wakes: the race detector sees no order between the two.
func (s *scheduler) fence() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

// decide lets a call go on.
func (s *scheduler) decide(c *call, f fate) {
	s.mu.Lock()
	s.parked = slices.DeleteFunc(s.parked, func(other *call) bool { return other == c })
	s.mu.Unlock()
	c.verdict <- f
}
