package fanout_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"chatsystem/domain"
	"chatsystem/ports"
)

// countedCache counts the calls to a cache.
type countedCache struct {
	ports.MembershipCache
	reads, writes atomic.Int32
}

func (c *countedCache) CachedMembers(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	c.reads.Add(1)
	return c.MembershipCache.CachedMembers(ctx, ids)
}

func (c *countedCache) CacheMembers(ctx context.Context, sets map[domain.ConversationID]domain.MemberSet) error {
	c.writes.Add(1)
	return c.MembershipCache.CacheMembers(ctx, sets)
}

// batchOf is one event of each of n conversations with ada alone, from one on that is gone.
func batchOf(b *bench, n int) ports.EventBatch {
	var batch ports.EventBatch
	for i := range n {
		id := domain.ConversationID(fmt.Sprintf("c%d", i))
		if i > 0 {
			b.members.sets[id] = domain.MemberSet{Version: 1, Users: []domain.UserID{"ada"}}
		}
		e := domain.Event{Name: domain.EventMessageNew, Conversation: id, Seq: 1, ToMembers: true, MembersVersion: 1}
		batch.Events = append(batch.Events, ports.InboundEvent{Event: e, Done: func() {}})
	}
	return batch
}

func TestTheMembersOfABatchAreAskedForTogether(t *testing.T) {
	const n = 50
	run(t, func(t *testing.T, b *bench) {
		b.source.batches <- batchOf(b, n)
		synctest.Wait()
		assert.Len(t, b.outbox.sent["g1"], n-1, "nobody receives for a conversation that is gone")
		assert.Equal(t, []int{1, 1, 1}, []int{int(b.cache.reads.Load()), b.members.asked, int(b.cache.writes.Load())})

		b.source.batches <- batchOf(b, n)
		synctest.Wait()
		assert.Len(t, b.outbox.sent["g1"], 2*(n-1))
		assert.Equal(t, 2, b.members.asked, "once more for the one that is gone")

		known := batchOf(b, n)
		known.Events = known.Events[1:]
		b.source.batches <- known
		synctest.Wait()
		assert.Equal(t, 2, b.members.asked, "all are in the cache")
		assert.EqualValues(t, 2, b.cache.writes.Load(), "what was in the cache is not written again")
	})
}

func TestMembersAreOfTheLatestVersionThatABatchNames(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		b.source.emit(1, 1)
		synctest.Wait()
		b.members.sets["c"] = domain.MemberSet{Version: 2, Users: []domain.UserID{"ben"}}
		var batch ports.EventBatch
		for i, version := range []int64{2, 1} {
			e := domain.Event{Name: domain.EventMessageNew, Conversation: "c", Seq: domain.Seq(2 + i), ToMembers: true, MembersVersion: version}
			batch.Events = append(batch.Events, ports.InboundEvent{Event: e, Done: func() {}})
		}
		b.source.batches <- batch
		synctest.Wait()
		assert.Equal(t, []string{"1→[ada]"}, b.outbox.sent["g1"], "ada was removed before 2")
	})
}
