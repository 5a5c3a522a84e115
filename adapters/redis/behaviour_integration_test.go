//go:build integration

package redis_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/redis"
	"chatsystem/domain"
	"chatsystem/ports"
)

func leasesOf(n int) (leases []domain.Lease, users []domain.UserID) {
	for i := range n {
		u := domain.UserID(fmt.Sprintf("user-%d", i))
		users = append(users, u)
		leases = append(leases, domain.Lease{User: u, Connection: "c"})
	}
	return leases, users
}

func TestRoundTrips(t *testing.T) {
	c := open(t)
	presence, members, bus, revocations := redis.NewPresence(c), redis.NewMembershipCache(c), newBus(t, c), aged(t, c)
	leases, users := leasesOf(500)
	conversations := make([]domain.ConversationID, 100)
	sessions := make([]domain.SessionID, 100)
	sets := map[domain.ConversationID]domain.MemberSet{}
	for i := range conversations {
		conversations[i], sessions[i] = domain.ConversationID(fmt.Sprint(i)), domain.SessionID(fmt.Sprint(i))
		sets[conversations[i]] = domain.MemberSet{Version: 1, Users: users[:i]}
	}
	require.NoError(t, members.CacheMembers(t.Context(), sets))
	_, err := presence.Renew(t.Context(), "gw", leases) // the server knows the scripts from here on
	require.NoError(t, err)
	_, err = presence.Gateways(t.Context(), users)
	require.NoError(t, err)
	_, err = members.CachedMembers(t.Context(), conversations)
	require.NoError(t, err)

	seen := count(c)
	batches := map[string]struct {
		commands int
		call     func(ctx context.Context) error
	}{
		"the gateways of a batch's users":   {1 + 500, func(ctx context.Context) error { _, err := presence.Gateways(ctx, users); return err }},
		"who of them is online":             {500, func(ctx context.Context) error { _, err := presence.Online(ctx, users); return err }},
		"a gateway's renewal":               {500, func(ctx context.Context) error { _, err := presence.Renew(ctx, "gw", leases); return err }},
		"the members of a batch":            {100, func(ctx context.Context) error { _, err := members.CachedMembers(ctx, conversations); return err }},
		"keeping the members of a batch":    {100, func(ctx context.Context) error { return members.CacheMembers(ctx, sets) }},
		"which of a gateway's sessions end": {101, func(ctx context.Context) error { _, err := revocations.Revoked(ctx, sessions); return err }},
	}
	for name, tc := range batches {
		t.Run(name+" take one round trip", func(t *testing.T) {
			seen.reset()
			require.NoError(t, tc.call(t.Context()))
			require.Empty(t, seen.single)
			require.Equal(t, []int{tc.commands}, seen.pipeline)
		})
	}

	t.Run("all deliveries to a gateway are one publish", func(t *testing.T) {
		seen.reset()
		require.NoError(t, bus.Deliver(t.Context(), "gw-1", make([]ports.Delivery, 50)))
		require.Equal(t, []string{"publish"}, seen.single)
		require.Empty(t, seen.pipeline)
	})

	t.Run("more than a pipeline holds takes another", func(t *testing.T) {
		_, many := leasesOf(2500)
		seen.reset()
		at, err := presence.Gateways(t.Context(), many)
		require.NoError(t, err)
		require.Len(t, at, 500)
		require.Equal(t, []int{1000, 1000, 1 + 500}, seen.pipeline)
	})
}

func TestScriptsSurviveARestartOfTheServer(t *testing.T) {
	c := open(t)
	presence := redis.NewPresence(c)
	leases, users := leasesOf(3)
	for _, call := range []func() error{
		func() error {
			missing, err := presence.Renew(t.Context(), "gw", leases)
			require.Equal(t, leases, missing)
			return err
		},
		func() error {
			at, err := presence.Gateways(t.Context(), users)
			require.Len(t, at, 3)
			return err
		},
		func() error { return presence.Leave(t.Context(), "gw", leases) },
	} {
		require.NoError(t, c.Raw().ScriptFlush(t.Context()).Err())
		require.NoError(t, call())
	}
	at, err := presence.Gateways(t.Context(), users)
	require.NoError(t, err)
	require.Empty(t, at)
}

func TestKeys(t *testing.T) {
	c := open(t)
	presence := redis.NewPresence(c)
	lease := domain.Lease{User: "anna", Connection: "conn"}
	_, err := presence.Renew(t.Context(), "gw", []domain.Lease{lease})
	require.NoError(t, err)
	require.NoError(t, redis.NewMembershipCache(c).CacheMembers(t.Context(), map[domain.ConversationID]domain.MemberSet{"conv": {Version: 1, Users: []domain.UserID{"anna", "anna"}}}))
	require.NoError(t, redis.NewRevocations(c).AnnounceRevoked(t.Context(), []domain.SessionID{"sess"}, time.Minute))

	prefix := c.Raw().Options().ClientName + ":"
	require.ElementsMatch(t, []string{
		prefix + "presence:user:{anna}", prefix + "online:user:{anna}", prefix + "members:conversation:{conv}",
		prefix + "members:version:{conv}", prefix + "revoked:session:{sess}",
	}, keys(t.Context(), c))
	for _, key := range keys(t.Context(), c) {
		left, err := c.Raw().PTTL(t.Context(), key).Result()
		require.NoError(t, err)
		require.InDelta(t, time.Minute, left, float64(5*time.Second), key)
	}
	members, err := c.Raw().ZRange(t.Context(), prefix+"presence:user:{anna}", 0, -1).Result()
	require.NoError(t, err)
	require.Equal(t, []string{"gw:conn"}, members)
}

func TestOnlineEndsWithTheLastLeaseThatIsLeft(t *testing.T) {
	c := open(t)
	presence := redis.NewPresence(c)
	older, newer := domain.Lease{User: "anna", Connection: "older"}, domain.Lease{User: "anna", Connection: "newer"}
	_, err := presence.Renew(t.Context(), "gw", []domain.Lease{older})
	require.NoError(t, err)
	pass(t, c)(30 * time.Second)
	_, err = presence.Renew(t.Context(), "gw", []domain.Lease{newer})
	require.NoError(t, err)
	require.NoError(t, presence.Leave(t.Context(), "gw", []domain.Lease{newer}))
	left, err := c.Raw().PTTL(t.Context(), c.Key("online:user", "anna")).Result()
	require.NoError(t, err)
	require.InDelta(t, 30*time.Second, left, float64(5*time.Second))
}

func TestSetsOfWhichAPartIsGoneAreMissing(t *testing.T) {
	for name, kind := range map[string]string{"the members": "members:conversation", "the version": "members:version"} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			cache := redis.NewMembershipCache(c)
			require.NoError(t, cache.CacheMembers(t.Context(), map[domain.ConversationID]domain.MemberSet{"conv": {Version: 1, Users: []domain.UserID{"anna", "bob", "anna"}}}))
			sets, err := cache.CachedMembers(t.Context(), []domain.ConversationID{"conv"})
			require.NoError(t, err)
			require.ElementsMatch(t, []domain.UserID{"anna", "bob"}, sets["conv"].Users)
			require.NoError(t, c.Raw().Del(t.Context(), c.Key(kind, "conv")).Err()) // evicted
			sets, err = cache.CachedMembers(t.Context(), []domain.ConversationID{"conv"})
			require.NoError(t, err)
			require.Empty(t, sets)
		})
	}
}

func TestRevocationsAreForgottenAfterTheirTime(t *testing.T) {
	c := open(t)
	r := aged(t, c)
	require.NoError(t, r.AnnounceRevoked(t.Context(), []domain.SessionID{"short"}, time.Minute))
	require.NoError(t, r.AnnounceRevoked(t.Context(), []domain.SessionID{"long"}, time.Hour))
	require.NoError(t, r.AnnounceRevoked(t.Context(), []domain.SessionID{"over"}, 0))
	pass(t, c)(2 * time.Minute)
	got, err := r.Revoked(t.Context(), []domain.SessionID{"short", "long", "over"})
	require.NoError(t, err)
	require.Equal(t, []domain.SessionID{"long"}, got)
}

func TestARecordThatForgotSaysSo(t *testing.T) {
	ids := []domain.SessionID{"ended", "another"}
	for name, forget := range map[string]func(t *testing.T, c *redis.Client, since string){
		"its keys are gone": func(t *testing.T, c *redis.Client, _ string) {
			require.NoError(t, c.Raw().Del(t.Context(), keys(t.Context(), c)...).Err())
		},
		// A server that was restarted with what it had saved, or replaced by its replica, has the key of another life.
		"it is another process": func(t *testing.T, c *redis.Client, since string) {
			began, err := c.Raw().HVals(t.Context(), since).Result()
			require.NoError(t, err)
			require.NoError(t, c.Raw().Del(t.Context(), since).Err())
			require.NoError(t, c.Raw().HSet(t.Context(), since, "0123456789abcdef", began[0]).Err())
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			r := aged(t, c)
			got, err := r.Revoked(t.Context(), ids)
			require.NoError(t, err)
			require.Empty(t, got)

			forget(t, c, c.Raw().Options().ClientName+":revoked:since")
			require.NoError(t, r.AnnounceRevoked(t.Context(), ids[:1], time.Minute))
			for range 2 {
				got, err = r.Revoked(t.Context(), ids)
				require.ErrorIs(t, err, domain.ErrUnavailable)
				require.Equal(t, ids[:1], got, "what it does know")
			}
		})
	}
}
