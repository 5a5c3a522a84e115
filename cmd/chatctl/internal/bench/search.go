package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Search looks for the highest rate at which everything is well: nothing fails, every promise is kept, and 99 of 100 are done
// within the limit. Each rate is offered for the duration of the plan.
type Search struct {
	From  float64 // the first rate
	Limit time.Duration
}

// Step is one rate that a search has tried.
type Step struct {
	Rate float64 `json:"rate"`
	P99  float64 `json:"p99_ms"` // of what takes longest
	Good bool    `json:"good"`
}

const (
	growth   = 1.6 // from one rate to the next while all is well
	maxTries = 16
	fineness = 1.08 // a search ends when the lowest bad rate is at most so much above the best
)

// SearchMessaging returns the result of the highest good rate of a messaging plan, with the steps that led there.
func (b *Bench) SearchMessaging(ctx context.Context, plan Messaging, s Search) (Result, error) {
	plan.Rate = s.From
	r, err := b.enter(ctx, plan)
	defer r.leave(ctx)
	if err != nil {
		return Result{}, err
	}
	return s.run(func(rate float64) (Result, error) {
		next := plan
		if next.Rate = rate; next.Validate() != nil {
			return Result{}, errOutOfBounds
		}
		return r.load(ctx, rate)
	})
}

var errOutOfBounds = errors.New("the rate is out of bounds")

// run tries rates: upwards by growth until one is bad, then between the best and the lowest bad one.
func (s Search) run(try func(rate float64) (Result, error)) (Result, error) {
	var best Result
	var steps []Step
	good, bad := 0.0, 0.0
	rate := s.From
	for range maxTries {
		result, err := try(rate)
		if errors.Is(err, errOutOfBounds) && good > 0 {
			break
		}
		if err != nil {
			return Result{}, err
		}
		step := s.judge(rate, result)
		steps = append(steps, step)
		if step.Good {
			best, good = result, rate
		} else {
			bad = rate
		}
		switch {
		case bad == 0:
			rate = good * growth
		case good == 0:
			rate = bad / growth
		default:
			rate = (good + bad) / 2
		}
		if result.Failed() { // more than slow: that is the result
			result.Search = steps
			return result, nil
		}
		if good > 0 && bad > 0 && bad/good <= fineness {
			break
		}
	}
	if good == 0 {
		return Result{Search: steps}, fmt.Errorf("no rate down to %.3g/s was kept up with %v for 99 of 100", rate, s.Limit)
	}
	best.Search = steps
	return best, nil
}

func (s Search) judge(rate float64, r Result) Step {
	step := Step{Rate: rate, Good: r.errorCount() == 0 && !r.Failed()}
	for _, l := range r.Latencies {
		step.P99 = max(step.P99, l.P99)
	}
	if r.Verdict != nil && r.Verdict.CaughtUp > 0 { // connections were cut: that is not keeping up
		step.Good = false
	}
	step.Good = step.Good && step.P99 <= float64(s.Limit.Microseconds())/1000
	return step
}
