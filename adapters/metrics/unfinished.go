package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"chatsystem/domain"
	"chatsystem/ports"
)

// UnfinishedLeases returns next with what it finds shown as gauges. They cost nothing, and each instance shows its share.
func UnfinishedLeases(r prometheus.Registerer, clock ports.Clock, next ports.UnfinishedLeases) ports.UnfinishedLeases {
	u := &unfinished{next: next, clock: clock}
	for _, state := range []domain.AllocationState{domain.Pending, domain.Stored} {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "chat_allocations_unfinished", Help: "Messages that their senders left on their way, by how far they came.",
			ConstLabels: prometheus.Labels{"state": string(state)},
		}, func() float64 { return float64(u.count(state)) }))
	}
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "chat_allocations_unfinished_oldest_age_seconds", Help: "Age of the oldest of them; 0 if there is none.",
	}, u.oldestAge))
	return u
}

// unfinished remembers what was found within one lease's time. A lease keeps an allocation from being found again for that
// long, so what is found in the meantime is what there is: once each, however many rounds it took.
type unfinished struct {
	next  ports.UnfinishedLeases
	clock ports.Clock

	mu               sync.Mutex
	current, earlier findings // of the lease's time that is under way, and of the one before
}

type findings struct {
	since  time.Time
	found  map[domain.AllocationState]int
	oldest time.Time // zero: none
}

// LeaseUnfinished implements ports.UnfinishedLeases.
func (u *unfinished) LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error) {
	left, err := u.next.LeaseUnfinished(ctx, age, lease, limit)
	if err == nil {
		u.note(left, lease)
	}
	return left, err
}

func (u *unfinished) note(left []domain.Allocation, lease time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.clock()
	if now.Sub(u.current.since) >= lease {
		u.earlier, u.current = u.current, findings{since: now, found: map[domain.AllocationState]int{}}
	}
	for _, a := range left {
		u.current.found[a.State]++
		if u.current.oldest.IsZero() || a.CreatedAt.Before(u.current.oldest) {
			u.current.oldest = a.CreatedAt
		}
	}
}

func (u *unfinished) count(state domain.AllocationState) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return max(u.current.found[state], u.earlier.found[state])
}

func (u *unfinished) oldestAge() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	oldest := u.earlier.oldest
	if oldest.IsZero() || !u.current.oldest.IsZero() && u.current.oldest.Before(oldest) {
		oldest = u.current.oldest
	}
	if oldest.IsZero() {
		return 0
	}
	return max(0, u.clock().Sub(oldest).Seconds())
}
