package postgres

import "chatsystem/domain"

// Waiting returns how many requests to allocate wait behind the group under way.
func (d *DB) Waiting(c domain.ConversationID) int {
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	if l := d.log.lines[c]; l != nil {
		return len(l.waiting)
	}
	return 0
}

// UnderWay returns how many conversations have a group under way.
func (d *DB) UnderWay() int {
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	return len(d.log.lines)
}

const (
	MaxGroup   = maxGroup
	MaxWaiting = maxWaiting
)
