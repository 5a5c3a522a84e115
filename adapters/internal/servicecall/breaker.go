package servicecall

import (
	"context"
	"errors"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

const (
	breakerWindow = 10 * time.Second
	breakerCalls  = 20 // fewer in the window say nothing
	// breakerRate is the share of failures at which a service counts as down. It is high so that one instance of two
	// being gone does not cut off the other.
	breakerRate = 0.8
	// breakerPause is how long a service that is down is left alone; then one call at a time tries it.
	breakerPause  = 2 * time.Second
	breakerJitter = 0.25
)

var errOpen = errors.New("circuit breaker is open")

// breaker stops calling a service that is down.
type breaker struct {
	circuit circuitbreaker.CircuitBreaker[any]
}

func newBreaker() breaker {
	return breaker{circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(breakerRate, breakerCalls, breakerWindow).
		WithSuccessThreshold(1).
		WithDelay(breakerPause).WithJitterFactor(breakerJitter).
		Build()}
}

// admit tells whether a call may be made; then report must be called.
func (b breaker) admit() bool { return b.circuit.TryAcquirePermit() }

// report takes the outcome of an admitted call. Faults are answers of a service that works. A call that its caller gave up
// says nothing, but if it was the one that tries a service again, another must try.
func (b breaker) report(err error) {
	switch {
	case errors.Is(err, context.Canceled):
		if b.circuit.IsHalfOpen() {
			b.circuit.RecordFailure()
		}
	case isTransient(err):
		b.circuit.RecordFailure()
	default:
		b.circuit.RecordSuccess()
	}
}
