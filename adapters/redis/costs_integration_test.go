//go:build integration

package redis_test

import (
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/redis"
	"chatsystem/application/fanout"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// TestWhatAnEventCosts routes one message to a group of a hundred on three gateways.
func TestWhatAnEventCosts(t *testing.T) {
	client := open(t)
	presence, cache := redis.NewPresence(client), redis.NewMembershipCache(client)
	e := domain.MessageNew(portstest.Ordinary())
	members := make([]domain.UserID, domain.MaxActiveMembers)
	for i := range members {
		members[i] = domain.UserID(portstest.NewUUID())
		_, err := presence.Renew(t.Context(), gatewayID(i%floorGateways), []domain.Lease{{User: members[i], Connection: "0197f3a05c1e7b42"}})
		require.NoError(t, err)
	}
	require.NoError(t, cache.CacheMembers(t.Context(), map[domain.ConversationID]domain.MemberSet{
		e.Conversation: {Version: e.MembersVersion, Users: members},
	}))

	source := &backlog{batch: []ports.InboundEvent{{Event: e}}, wanted: make(chan struct{}, 1)}
	route := fanout.NewRoute(source, fanout.NewRecipients(cache, nil, slog.Default()), presence, newBus(t, client), time.Now, rand.N[time.Duration], slog.Default())
	var running sync.WaitGroup
	running.Go(func() { route.Run(t.Context()) })
	t.Cleanup(running.Wait)
	recorded := &recorder{}
	client.Raw().AddHook(recorded)
	source.drain(0)
	bytes := 0
	commands := recorded.stop()
	for _, args := range commands {
		if args[0] == "publish" {
			bytes += len(args[2].([]byte))
		}
	}
	portstest.Documented(t, "redis-commands", float64(len(commands)), 0.02)
	portstest.Documented(t, "redis-publish-bytes", float64(bytes)/floorGateways, 0.02)

	kept := 0.0
	for _, kind := range []string{"presence:user", "online:user"} {
		n, err := client.Raw().MemoryUsage(t.Context(), client.Key(kind, string(members[0]))).Result()
		require.NoError(t, err)
		kept += float64(n) - float64(len("test-")+36+1) // the tests' prefix
	}
	portstest.Documented(t, "redis-registry-bytes", kept, 0.2)
}
