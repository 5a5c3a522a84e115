package fanout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/application/fanout"
	"chatsystem/domain"
	"chatsystem/ports"
)

// members answers who is in conversations, and counts how often it is asked.
type members struct {
	mu    sync.Mutex
	sets  map[domain.ConversationID]domain.MemberSet
	asked int
}

func (m *members) Members(_ context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	found := map[domain.ConversationID]domain.MemberSet{}
	for _, id := range ids {
		if set, there := m.sets[id]; there {
			found[id] = set
		}
	}
	return found, nil
}

// outbox records what every gateway was sent; it can be down.
type outbox struct {
	mu   sync.Mutex
	down int // calls that fail yet
	sent map[domain.GatewayID][]string
	took map[domain.GatewayID]int // calls
}

func (o *outbox) Deliver(_ context.Context, gw domain.GatewayID, ds []ports.Delivery) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.took[gw]++
	if o.down > 0 {
		o.down--
		return errors.New("gateway bus is down")
	}
	for _, d := range ds {
		o.sent[gw] = append(o.sent[gw], fmt.Sprintf("%d→%v", d.Event.Seq, d.Users))
	}
	return nil
}

// source hands out events one batch at a time and records which are done.
type source struct {
	batches chan ports.EventBatch
	mu      sync.Mutex
	done    []domain.Seq
}

func (s *source) Fetch(ctx context.Context, _ int) (ports.EventBatch, error) {
	select {
	case b := <-s.batches:
		return b, nil
	case <-ctx.Done():
		return ports.EventBatch{}, ctx.Err()
	}
}

func (s *source) finished() []domain.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]domain.Seq(nil), s.done...)
}

// emit hands over message events with these seqs as one batch.
func (s *source) emit(version int64, seqs ...domain.Seq) {
	var b ports.EventBatch
	for _, seq := range seqs {
		e := domain.Event{Name: domain.EventMessageNew, Conversation: "c", Seq: seq, ToMembers: true, MembersVersion: version, Payload: json.RawMessage(`{}`)}
		b.Events = append(b.Events, ports.InboundEvent{Event: e, Done: func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.done = append(s.done, seq)
		}})
	}
	s.batches <- b
}

type bench struct {
	source   *source
	members  *members
	cache    *countedCache
	outbox   *outbox
	presence *countedPresence
	worker   *fanout.Route
}

// run runs a test beside a fan-out worker, in a bubble of virtual time. ada is on gateway 1 and 2, ben on 2, eve nowhere.
func run(t *testing.T, test func(t *testing.T, b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{
			source:   &source{batches: make(chan ports.EventBatch, 16)},
			members:  &members{sets: map[domain.ConversationID]domain.MemberSet{"c": {Version: 1, Users: []domain.UserID{"ada", "ben", "eve"}}}},
			cache:    &countedCache{MembershipCache: memory.NewMembershipCache(time.Now)},
			outbox:   &outbox{sent: map[domain.GatewayID][]string{}, took: map[domain.GatewayID]int{}},
			presence: &countedPresence{PresenceRegistry: memory.NewPresence(time.Now)},
		}
		for gw, leases := range map[domain.GatewayID][]domain.Lease{"g1": {{User: "ada", Connection: "1"}}, "g2": {{User: "ada", Connection: "2"}, {User: "ben", Connection: "3"}}} {
			_, err := b.presence.Renew(t.Context(), gw, leases)
			require.NoError(t, err)
		}
		quiet := slog.New(slog.DiscardHandler)
		recipients := fanout.NewRecipients(b.cache, b.members, quiet)
		b.worker = fanout.NewRoute(b.source, recipients, b.presence, b.outbox, time.Now, rand.N[time.Duration], quiet)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { b.worker.Run(ctx) })
		test(t, b)
		cancel()
		running.Wait()
	})
}

func TestRoute(t *testing.T) {
	t.Run("each gateway gets an event once, with the users it serves", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.source.emit(1, 1)
			synctest.Wait()
			assert.Equal(t, map[domain.GatewayID][]string{"g1": {"1→[ada]"}, "g2": {"1→[ada ben]"}}, b.outbox.sent)
			assert.Equal(t, []domain.Seq{1}, b.source.finished())
		})
	})
	t.Run("events that overtook each other are put back in order", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.source.emit(1, 1)
			b.source.emit(1, 3)
			b.source.emit(1, 2)
			synctest.Wait()
			assert.Equal(t, []string{"1→[ada]", "2→[ada]", "3→[ada]"}, b.outbox.sent["g1"])
		})
	})
	t.Run("an event does not wait long for one that is missing, which is passed on late", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.source.emit(1, 1, 3)
			synctest.Wait()
			assert.Equal(t, []domain.Seq{1}, b.source.finished(), "what is held is not done")
			pass(domain.ReorderDelay + time.Millisecond)
			b.source.emit(1, 2)
			synctest.Wait()
			assert.Equal(t, []string{"1→[ada]", "3→[ada]", "2→[ada]"}, b.outbox.sent["g1"])
		})
	})
	t.Run("an event is tried until every gateway has it, and is done only then", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.outbox.down = 4
			b.source.emit(1, 1)
			synctest.Wait()
			assert.Empty(t, b.source.finished())
			pass(5 * time.Second)
			assert.Contains(t, b.outbox.sent["g1"], "1→[ada]")
			assert.Contains(t, b.outbox.sent["g2"], "1→[ada ben]")
			assert.Equal(t, []domain.Seq{1}, b.source.finished())
			assert.EqualValues(t, 2, b.worker.Retries(), "four failures of two gateways")
		})
	})
	t.Run("members are asked for once per version", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.source.emit(1, 1)
			b.source.emit(1, 2)
			synctest.Wait()
			assert.Equal(t, 1, b.members.asked)
		})
	})
	t.Run("a member set older than the event is not used: who was removed before it gets nothing", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.source.emit(1, 1)
			synctest.Wait()
			b.members.sets["c"] = domain.MemberSet{Version: 2, Users: []domain.UserID{"ben"}}
			b.source.emit(2, 2)
			synctest.Wait()
			assert.Equal(t, []string{"1→[ada]"}, b.outbox.sent["g1"])
			assert.Equal(t, []string{"1→[ada ben]", "2→[ben]"}, b.outbox.sent["g2"])
		})
	})
	t.Run("who joined since a message was sent gets its event, too", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.members.sets["c"] = domain.MemberSet{Version: 3, Users: []domain.UserID{"ada", "ben"}}
			b.source.emit(2, 1) // sent while ben was out of the group, who is back when it goes out
			synctest.Wait()
			assert.Equal(t, []string{"1→[ada ben]"}, b.outbox.sent["g2"])
		})
	})
	t.Run("after a reassignment what was held is forgotten", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.source.emit(1, 1, 3)
			synctest.Wait()
			b.source.batches <- ports.EventBatch{Reassigned: true}
			pass(time.Second)
			assert.Equal(t, []string{"1→[ada]"}, b.outbox.sent["g1"])
			assert.Equal(t, []domain.Seq{1}, b.source.finished())
		})
	})
	t.Run("an event for single users reaches them without members", func(t *testing.T) {
		run(t, func(t *testing.T, b *bench) {
			b.source.batches <- ports.EventBatch{Events: []ports.InboundEvent{{Event: domain.Event{Name: domain.EventInviteNew, Conversation: "c", To: []domain.UserID{"ben"}}, Done: func() {}}}}
			synctest.Wait()
			assert.Equal(t, map[domain.GatewayID][]string{"g2": {"0→[ben]"}}, b.outbox.sent)
			assert.Zero(t, b.members.asked)
		})
	})
}

// pass lets virtual time go by.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble of testing/synctest
	synctest.Wait()
}
