package portstest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// RunPresence is the contract of ports.PresenceRegistry.
func RunPresence(t *testing.T, open func(testing.TB) (ports.PresenceRegistry, Pass)) {
	t.Run("who is where", func(t *testing.T) { runPresent(t, open) })
	t.Run("leases", func(t *testing.T) { runLeases(t, open) })
}

// registry adds assertions to a presence registry.
type registry struct {
	ports.PresenceRegistry
	pass Pass
}

func newRegistry(t *testing.T, open func(testing.TB) (ports.PresenceRegistry, Pass)) registry {
	p, pass := open(t)
	return registry{p, pass}
}

func newUserID() domain.UserID { return domain.UserID(NewUUID()) }

func newLease(u domain.UserID) domain.Lease {
	return domain.Lease{User: u, Connection: domain.ConnectionID(NewUUID())}
}

// renew returns which leases were missing.
func (r registry) renew(t *testing.T, gw domain.GatewayID, leases ...domain.Lease) []domain.Lease {
	t.Helper()
	missing, err := r.Renew(t.Context(), gw, leases)
	require.NoError(t, err)
	return missing
}

// requireAt asserts on which gateways a user is connected, and that online agrees.
func (r registry) requireAt(t *testing.T, u domain.UserID, want ...domain.GatewayID) {
	t.Helper()
	at, err := r.Gateways(t.Context(), []domain.UserID{u})
	require.NoError(t, err)
	require.ElementsMatch(t, want, at[u])
	online, err := r.Online(t.Context(), []domain.UserID{u})
	require.NoError(t, err)
	require.Equal(t, len(want) > 0, online[u])
}

func runPresent(t *testing.T, open func(testing.TB) (ports.PresenceRegistry, Pass)) {
	t.Run("a user is at each gateway that serves a connection of theirs, named once", func(t *testing.T) {
		r := newRegistry(t, open)
		anna, bob, offline := newUserID(), newUserID(), newUserID()
		r.renew(t, "gw-1", newLease(anna), newLease(anna), newLease(bob))
		r.renew(t, "gw-2", newLease(anna))

		at, err := r.Gateways(t.Context(), []domain.UserID{anna, offline, bob})
		require.NoError(t, err)
		require.Len(t, at, 2, "who is offline is left out")
		require.ElementsMatch(t, []domain.GatewayID{"gw-1", "gw-2"}, at[anna])
		require.Equal(t, []domain.GatewayID{"gw-1"}, at[bob])
		online, err := r.Online(t.Context(), []domain.UserID{anna, offline, bob})
		require.NoError(t, err)
		require.True(t, online[anna] && online[bob])
		require.False(t, online[offline])
	})

	t.Run("nobody asked for, nobody found", func(t *testing.T) {
		r := newRegistry(t, open)
		at, err := r.Gateways(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, at)
		online, err := r.Online(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, online)
		require.Empty(t, r.renew(t, "gw-1"))
		require.NoError(t, r.Leave(t.Context(), "gw-1", nil))
	})

	t.Run("who leaves with one connection stays with the others", func(t *testing.T) {
		r := newRegistry(t, open)
		anna := newUserID()
		phone, laptop := newLease(anna), newLease(anna)
		r.renew(t, "gw-1", phone)
		r.renew(t, "gw-2", laptop)
		require.NoError(t, r.Leave(t.Context(), "gw-1", []domain.Lease{phone}))
		r.requireAt(t, anna, "gw-2")
		require.NoError(t, r.Leave(t.Context(), "gw-2", []domain.Lease{laptop, newLease(newUserID())}))
		r.requireAt(t, anna)
	})

	t.Run("a gateway takes back its own leases only", func(t *testing.T) {
		r := newRegistry(t, open)
		lease := newLease(newUserID())
		r.renew(t, "gw-1", lease)
		require.NoError(t, r.Leave(t.Context(), "gw-2", []domain.Lease{lease}))
		r.requireAt(t, lease.User, "gw-1")
	})

	t.Run("many users are registered and found at once", func(t *testing.T) {
		r := newRegistry(t, open)
		users := make([]domain.UserID, 1000)
		leases := make([]domain.Lease, len(users))
		for i := range users {
			users[i] = newUserID()
			leases[i] = newLease(users[i])
		}
		errs := race(4, func(i int) error {
			_, err := r.Renew(t.Context(), domain.GatewayID(fmt.Sprintf("gw-%d", i)), leases)
			return err
		})
		require.NoError(t, errors.Join(errs...))
		at, err := r.Gateways(t.Context(), users)
		require.NoError(t, err)
		require.Len(t, at, len(users))
		for _, gateways := range at {
			require.Len(t, gateways, 4)
		}
	})
}

func runLeases(t *testing.T, open func(testing.TB) (ports.PresenceRegistry, Pass)) {
	t.Run("a new lease was missing, a renewed one was not", func(t *testing.T) {
		r := newRegistry(t, open)
		first, second := newLease(newUserID()), newLease(newUserID())
		require.Equal(t, []domain.Lease{first}, r.renew(t, "gw-1", first))
		require.Equal(t, []domain.Lease{second}, r.renew(t, "gw-1", first, second))
		require.Empty(t, r.renew(t, "gw-1", first, second))
	})

	t.Run("a lease that is not renewed runs out and is then missing", func(t *testing.T) {
		r := newRegistry(t, open)
		lease := newLease(newUserID())
		r.renew(t, "gw-1", lease)
		r.pass(domain.LeaseTTL - 5*time.Second)
		r.requireAt(t, lease.User, "gw-1")
		r.pass(6 * time.Second)
		r.requireAt(t, lease.User)
		require.Equal(t, []domain.Lease{lease}, r.renew(t, "gw-1", lease))
		r.requireAt(t, lease.User, "gw-1")
	})

	t.Run("a renewed lease lasts", func(t *testing.T) {
		r := newRegistry(t, open)
		lease := newLease(newUserID())
		r.renew(t, "gw-1", lease)
		for range 10 {
			r.pass(domain.LeaseRenewal)
			require.Empty(t, r.renew(t, "gw-1", lease))
		}
		r.requireAt(t, lease.User, "gw-1")
	})

	t.Run("one device's renewals do not keep a dead gateway's lease alive", func(t *testing.T) {
		r := newRegistry(t, open)
		anna := newUserID()
		dead, alive := newLease(anna), newLease(anna)
		r.renew(t, "gw-dead", dead)
		for range 4 {
			r.renew(t, "gw-live", alive)
			r.pass(domain.LeaseRenewal)
		}
		r.requireAt(t, anna, "gw-live")
	})

	t.Run("a lease taken back is missing when it is renewed", func(t *testing.T) {
		r := newRegistry(t, open)
		lease := newLease(newUserID())
		r.renew(t, "gw-1", lease)
		require.NoError(t, r.Leave(t.Context(), "gw-1", []domain.Lease{lease}))
		require.Equal(t, []domain.Lease{lease}, r.renew(t, "gw-1", lease))
	})

	t.Run("a lease that ran out is missing whoever was renewed in between", func(t *testing.T) {
		r := newRegistry(t, open)
		other, lease := newLease(newUserID()), newLease(newUserID())
		r.renew(t, "gw-1", other)
		r.pass(domain.LeaseTTL / 2)
		r.renew(t, "gw-1", lease)
		r.pass(domain.LeaseTTL/2 + time.Second)
		r.renew(t, "gw-1", other)
		r.pass(domain.LeaseTTL / 2)
		require.Equal(t, []domain.Lease{lease}, r.renew(t, "gw-1", lease))
	})

	t.Run("only what ran out is missing", func(t *testing.T) {
		r := newRegistry(t, open)
		anna := newUserID()
		kept, lost := newLease(anna), newLease(anna)
		r.renew(t, "gw-1", kept, lost)
		r.pass(domain.LeaseTTL / 2)
		r.renew(t, "gw-1", kept)
		r.pass(domain.LeaseTTL/2 + time.Second)
		missing := r.renew(t, "gw-1", kept, lost)
		require.True(t, slices.Equal([]domain.Lease{lost}, missing))
	})
}
