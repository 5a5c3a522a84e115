//go:build e2e

package e2e

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/adapters/redis"
	"chatsystem/application/fanout"
	"chatsystem/cmd/internal/scenario"
	"chatsystem/domain"
	"chatsystem/ports"
)

// TestASubscriptionBreaksBetweenPublishAndResubscribe cuts the gateways' subscriptions again and again under load: what is
// published in between reaches nobody, and the gateways make up for it.
func TestASubscriptionBreaksBetweenPublishAndResubscribe(t *testing.T) {
	ctx := deadline(t, 5*time.Minute)
	s := newStack(t)
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 3, Listeners: 3}, s.url)
	require.NoError(t, err)
	defer load.Close()
	rdb := goredis.NewClient(&goredis.Options{Addr: server("REDIS_ADDR")})
	defer func() { _ = rdb.Close() }()
	for range 5 {
		awaitSent(t, load, 30)
		require.Eventually(t, func() bool { return cutSubscriptions(ctx, t, rdb) > 0 }, 20*time.Second, 20*time.Millisecond, "gateways subscribe again")
	}
	awaitSent(t, load, 30)
	verdict, err := load.Finish(ctx)
	t.Log(verdict)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}

// cutSubscriptions ends the subscribed connections of gateways and returns how many there were.
func cutSubscriptions(ctx context.Context, t *testing.T, rdb *goredis.Client) int {
	t.Helper()
	list, err := rdb.Do(ctx, "CLIENT", "LIST", "TYPE", "pubsub").Text()
	require.NoError(t, err)
	cut := 0
	for client := range strings.Lines(list) {
		fields := map[string]string{}
		for _, f := range strings.Fields(client) {
			name, value, _ := strings.Cut(f, "=")
			fields[name] = value
		}
		if fields["name"] == "gateway" {
			require.NoError(t, rdb.Do(ctx, "CLIENT", "KILL", "ID", fields["id"]).Err())
			cut++
		}
	}
	return cut
}

// TestAGatewayIsToldToEndDuringAMessage ends and starts gateways while messages are on their way to their sockets.
func TestAGatewayIsToldToEndDuringAMessage(t *testing.T) {
	ctx := deadline(t, 5*time.Minute)
	s := newStack(t, "DRAIN_PERIOD=300ms")
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 3, Listeners: 4}, s.url)
	require.NoError(t, err)
	defer load.Close()
	for n := range 6 {
		awaitSent(t, load, 15)
		gateway := s.running["gateway"][n%2]
		gateway.stop()
		gateway.start()
		gateway.awaitReady()
	}
	verdict, err := load.Finish(ctx)
	t.Log(verdict)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}

// TestAMemberCacheIsOlderThanTheEvent leaves the set of before a removal in the cache: an event of after it does not go by
// that set.
func TestAMemberCacheIsOlderThanTheEvent(t *testing.T) {
	h := newHardCase(t)
	client, err := redis.Open(redis.Config{Addr: server("REDIS_ADDR"), Prefix: uniqueName()})
	require.NoError(t, err)
	defer func() { _ = client.Close() }()
	cache, presence := redis.NewMembershipCache(client), redis.NewPresence(client)
	before, err := h.db.Members(t.Context(), []domain.ConversationID{h.conversation})
	require.NoError(t, err)
	require.NoError(t, cache.CacheMembers(t.Context(), before))
	_, err = presence.Renew(t.Context(), "gateway", []domain.Lease{{User: h.ada.ID, Connection: "a"}, {User: h.ben.ID, Connection: "b"}})
	require.NoError(t, err)

	_, err = h.db.ChangeConversation(t.Context(), h.conversation, func(c *domain.Conversation) error { return c.Remove(h.ada.ID, h.ben.ID) })
	require.NoError(t, err)
	_, _, err = h.Append(t.Context(), h.draft("without Ben"))
	require.NoError(t, err)

	bus := memory.NewEventBus()
	sent := &deliveries{}
	log := slog.New(slog.DiscardHandler)
	route := fanout.NewRoute(bus, fanout.NewRecipients(cache, h.db, log), presence, sent, time.Now, rand.N[time.Duration], log)
	ctx, stop := context.WithCancel(t.Context())
	var routing sync.WaitGroup
	routing.Go(func() { route.Run(ctx) })
	require.Eventually(t, func() bool { return len(h.events.all()) == 1 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, bus.Publish(t.Context(), h.events.all()))
	require.Eventually(t, func() bool { return len(sent.users()) > 0 }, 10*time.Second, 10*time.Millisecond)
	stop()
	routing.Wait()
	require.Equal(t, []domain.UserID{h.ada.ID}, sent.users())
}

// deliveries is a gateway's side of the bus.
type deliveries struct {
	mu sync.Mutex
	to []domain.UserID
}

// Deliver implements ports.GatewayPublisher.
func (d *deliveries) Deliver(_ context.Context, _ domain.GatewayID, all []ports.Delivery) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range all {
		d.to = append(d.to, one.Users...)
	}
	return nil
}

func (d *deliveries) users() []domain.UserID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.to
}
