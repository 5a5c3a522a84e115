package servicecall

import "sync"

const (
	retryShare = 0.1 // of all calls, over time
	retryBurst = 10  // retries that may be made at once after a good time
)

// budget bounds retries to a share of the calls, over time. Without it every caller of a service that is overloaded would
// repeat its calls, and so keep it down. (The budget of failsafe-go bounds what is in flight at one moment instead, and
// always lets a few through: with few callers that is every retry.)
type budget struct {
	mu   sync.Mutex
	left float64
}

func newBudget() *budget { return &budget{left: retryBurst} }

// earn counts a call.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+retryShare, retryBurst)
}

// spend tells whether a retry may be made, and counts it.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
