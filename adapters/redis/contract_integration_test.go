//go:build integration

package redis_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/redis"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestPresence(t *testing.T) {
	portstest.RunPresence(t, func(t testing.TB) (ports.PresenceRegistry, portstest.Pass) {
		c := open(t)
		return redis.NewPresence(c), pass(t, c)
	})
}

func TestMembershipCache(t *testing.T) {
	portstest.RunMembershipCache(t, func(t testing.TB) (ports.MembershipCache, portstest.Pass) {
		c := open(t)
		return redis.NewMembershipCache(c), pass(t, c)
	})
}

func TestGatewayBus(t *testing.T) {
	portstest.RunGatewayBus(t, func(t testing.TB) (ports.GatewayPublisher, ports.GatewayInbox) {
		bus := newBus(t, open(t))
		return bus, bus
	})
}

func TestRevocationAnnouncer(t *testing.T) {
	portstest.RunRevocationAnnouncer(t, func(t testing.TB) (ports.RevocationAnnouncer, ports.GatewayInbox) {
		c := open(t)
		return redis.NewRevocations(c), newBus(t, c)
	})
}

func TestRevocationReader(t *testing.T) {
	portstest.RunRevocationReader(t, func(t testing.TB) (ports.RevocationReader, func() domain.SessionID, func(domain.SessionID)) {
		r := aged(t, open(t))
		begin := func() domain.SessionID { return domain.SessionID(portstest.NewUUID()) }
		revoke := func(id domain.SessionID) {
			require.NoError(t, r.AnnounceRevoked(t.Context(), []domain.SessionID{id}, time.Minute))
		}
		return r, begin, revoke
	})
}
