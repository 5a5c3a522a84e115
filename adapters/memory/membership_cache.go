package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.MembershipCache = (*MembershipCache)(nil)

// memberSetTTL is how long a member set is kept.
const memberSetTTL = time.Minute

// MembershipCache keeps member sets for a minute each.
type MembershipCache struct {
	clock ports.Clock

	mu        sync.Mutex
	sets      map[domain.ConversationID]cachedSet
	nextSweep time.Time
}

type cachedSet struct {
	domain.MemberSet
	expires time.Time
}

// NewMembershipCache returns an empty cache that reads its time from clock.
func NewMembershipCache(clock ports.Clock) *MembershipCache {
	return &MembershipCache{clock: clock, sets: map[domain.ConversationID]cachedSet{}}
}

// CachedMembers implements ports.MembershipCache.
func (c *MembershipCache) CachedMembers(
	ctx context.Context, ids []domain.ConversationID,
) (map[domain.ConversationID]domain.MemberSet, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	found := make(map[domain.ConversationID]domain.MemberSet, len(ids))
	for _, id := range ids {
		if set, there := c.sets[id]; there && now.Before(set.expires) {
			found[id] = copySet(set.MemberSet)
		}
	}
	return found, nil
}

// CacheMembers implements ports.MembershipCache.
func (c *MembershipCache) CacheMembers(ctx context.Context, sets map[domain.ConversationID]domain.MemberSet) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	c.sweep(now)
	for id, set := range sets {
		if there, ok := c.sets[id]; !ok || !now.Before(there.expires) || set.Version >= there.Version {
			c.sets[id] = cachedSet{copySet(set), now.Add(memberSetTTL)}
		}
	}
	return nil
}

// sweep forgets what has expired, once a minute: the cache holds no more than two minutes' conversations.
func (c *MembershipCache) sweep(now time.Time) {
	if now.Before(c.nextSweep) {
		return
	}
	c.nextSweep = now.Add(memberSetTTL)
	for id, set := range c.sets {
		if !now.Before(set.expires) {
			delete(c.sets, id)
		}
	}
}

func copySet(s domain.MemberSet) domain.MemberSet {
	s.Users = slices.Clone(s.Users)
	return s
}
