package fanout_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// countedPresence counts the reads of a registry, and of how many users.
type countedPresence struct {
	ports.PresenceRegistry
	reads, users atomic.Int32
}

func (p *countedPresence) Gateways(ctx context.Context, users []domain.UserID) (map[domain.UserID][]domain.GatewayID, error) {
	p.reads.Add(1)
	p.users.Add(int32(len(users)))
	return p.PresenceRegistry.Gateways(ctx, users)
}

// TestWhatABatchCosts routes as many events as are fetched at once, to full groups: what is asked of each part does not grow with
// events, conversations or members.
func TestWhatABatchCosts(t *testing.T) {
	const events, conversations, gateways = 256, 20, 3
	run(t, func(t *testing.T, b *bench) {
		people := make([]domain.UserID, domain.MaxActiveMembers)
		for i := range people {
			people[i] = domain.UserID(fmt.Sprint("user-", i))
			gw := domain.GatewayID(fmt.Sprint("gateway-", i%gateways))
			_, err := b.presence.Renew(t.Context(), gw, []domain.Lease{{User: people[i], Connection: "1"}})
			require.NoError(t, err)
		}
		var batch ports.EventBatch
		for i := range events {
			id := domain.ConversationID(fmt.Sprint("group-", i%conversations))
			b.members.sets[id] = domain.MemberSet{Version: 1, Users: people}
			e := domain.Event{Name: domain.EventMessageNew, Conversation: id, Seq: domain.Seq(1 + i/conversations), ToMembers: true, MembersVersion: 1}
			batch.Events = append(batch.Events, ports.InboundEvent{Event: e, Done: func() {}})
		}
		type costs struct {
			cacheReads, memberReads, cacheWrites, presenceReads, usersLookedUp int
			publishes                                                          map[domain.GatewayID]int
		}
		spent := func() costs {
			return costs{
				int(b.cache.reads.Load()), b.members.asked, int(b.cache.writes.Load()), int(b.presence.reads.Load()),
				int(b.presence.users.Load()), b.outbox.took,
			}
		}

		b.source.batches <- batch
		synctest.Wait()
		assert.Equal(t, costs{1, 1, 1, 1, len(people), map[domain.GatewayID]int{"gateway-0": 1, "gateway-1": 1, "gateway-2": 1}}, spent())
		for gw, sent := range b.outbox.sent {
			assert.Len(t, sent, events, "%s has every event once", gw)
		}

		b.source.batches <- batch
		synctest.Wait()
		assert.Equal(t, costs{2, 1, 1, 2, 2 * len(people), map[domain.GatewayID]int{"gateway-0": 2, "gateway-1": 2, "gateway-2": 2}}, spent(),
			"once the members are in the cache, the chat service is not asked")
	})
}
