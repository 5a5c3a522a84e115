package simulation

import (
	"context"
	"math"
	"slices"
	"sync"

	"chatsystem/domain"
	"chatsystem/ports"
)

// ageless takes a cached member set for good, whatever the event asks for.
type ageless struct{ ports.MembershipCache }

func (b ageless) CachedMembers(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	sets, err := b.MembershipCache.CachedMembers(ctx, ids)
	for id, set := range sets {
		set.Version = math.MaxInt64
		sets[id] = set
	}
	return sets, err
}

// committedWhenFetched commits the offsets of events before these are published.
type committedWhenFetched struct {
	ports.EventSource

	p *process
}

func (b committedWhenFetched) Fetch(ctx context.Context, limit int) (ports.EventBatch, error) {
	batch, err := b.EventSource.Fetch(ctx, limit)
	for _, e := range batch.Events {
		e.Done()
	}
	b.p.w.kafka.commit()
	return batch, err
}

// noneMissing renews leases and does not say which of them were gone.
type noneMissing struct{ ports.PresenceRegistry }

func (b noneMissing) Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) ([]domain.Lease, error) {
	_, err := b.PresenceRegistry.Renew(ctx, gw, leases)
	return nil, err
}

// expireOnly prolongs leases, which does nothing for one that is gone.
type expireOnly struct {
	ports.PresenceRegistry

	p     *process
	mu    *sync.Mutex
	known map[domain.Lease]bool
}

func (b expireOnly) Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) ([]domain.Lease, error) {
	var there []domain.Lease
	for _, l := range leases {
		found, err := b.p.w.redis.presence.Gateways(context.WithoutCancel(ctx), []domain.UserID{l.User})
		must(err)
		b.mu.Lock()
		if !b.known[l] || slices.Contains(found[l.User], gw) {
			there = append(there, l)
		}
		b.known[l] = true
		b.mu.Unlock()
	}
	_, err := b.PresenceRegistry.Renew(ctx, gw, there)
	return nil, err
}

// removesUnheard takes the leases of a gateway back that nobody listens for just now.
type removesUnheard struct {
	ports.GatewayPublisher

	p *process
}

func (b removesUnheard) Deliver(ctx context.Context, gw domain.GatewayID, deliveries []ports.Delivery) error {
	err := b.GatewayPublisher.Deliver(ctx, gw, deliveries)
	if err != nil || b.p.w.redis.listening(gw) {
		return err
	}
	return do(ctx, b.p, "redis.remove", short(gw), func(ctx context.Context) error {
		var leases []domain.Lease
		for _, l := range b.p.w.links {
			if l.gateway.id == gw {
				leases = append(leases, domain.Lease{User: claimsOf(l.token).User, Connection: l.id})
			}
		}
		return b.p.w.redis.presence.Leave(ctx, gw, leases)
	})
}

// renewsLater says that leases are renewed before they are: those of new connections, or of all others.
type renewsLater struct {
	ports.PresenceRegistry

	p       *process
	connect bool
}

func (b renewsLater) Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) ([]domain.Lease, error) {
	if connecting := tagOf(ctx) != ""; connecting != b.connect {
		return b.PresenceRegistry.Renew(ctx, gw, leases)
	}
	w, lasting := b.p.w, context.WithoutCancel(ctx)
	missing, err := through(ctx, b.p, "redis.look", "", func(ctx context.Context) ([]domain.Lease, error) {
		missing, err := w.redis.presence.Renew(ctx, gw, leases)
		must(err)
		return missing, w.redis.presence.Leave(ctx, gw, missing)
	})
	if err != nil {
		return nil, err
	}
	w.happensLater(&call{by: b.p, op: "redis.renew"}, func() {
		_, err := w.redis.presence.Renew(lasting, gw, leases)
		must(err)
		w.model.leased(gw, leases)
	})
	return missing, nil
}
