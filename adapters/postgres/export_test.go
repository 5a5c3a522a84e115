package postgres

import "chatsystem/domain"

// Waiting returns how many requests to allocate wait behind the group under way.
func (d *DB) Waiting(c domain.ConversationID) int {
	d.allocations.mu.Lock()
	defer d.allocations.mu.Unlock()
	return len(d.allocations.waiting[c])
}

// UnderWay returns how many conversations have a group under way.
func (d *DB) UnderWay() int {
	d.allocations.mu.Lock()
	defer d.allocations.mu.Unlock()
	return len(d.allocations.waiting)
}

const (
	MaxGroup   = maxGroup
	MaxWaiting = maxWaiting
)
