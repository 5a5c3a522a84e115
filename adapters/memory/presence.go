package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.PresenceRegistry = (*Presence)(nil)

// Presence knows where users are connected, by leases that run out.
type Presence struct {
	clock ports.Clock

	mu        sync.Mutex
	leases    map[domain.UserID]map[leaseKey]time.Time // when each runs out
	nextSweep time.Time
}

type leaseKey struct {
	gateway    domain.GatewayID
	connection domain.ConnectionID
}

// NewPresence returns a registry of nobody that reads its time from clock.
func NewPresence(clock ports.Clock) *Presence {
	return &Presence{clock: clock, leases: map[domain.UserID]map[leaseKey]time.Time{}}
}

// Gateways implements ports.PresenceReader; the gateways of a user ascend.
func (p *Presence) Gateways(ctx context.Context, users []domain.UserID) (map[domain.UserID][]domain.GatewayID, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	found := make(map[domain.UserID][]domain.GatewayID, len(users))
	for _, u := range users {
		var gateways []domain.GatewayID
		for lease, end := range p.leases[u] {
			if now.Before(end) && !slices.Contains(gateways, lease.gateway) {
				gateways = append(gateways, lease.gateway)
			}
		}
		if gateways != nil {
			slices.Sort(gateways)
			found[u] = gateways
		}
	}
	return found, nil
}

// Online implements ports.PresenceReader.
func (p *Presence) Online(ctx context.Context, users []domain.UserID) (map[domain.UserID]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	online := make(map[domain.UserID]bool, len(users))
	for _, u := range users {
		for _, end := range p.leases[u] {
			if now.Before(end) {
				online[u] = true
				break
			}
		}
	}
	return online, nil
}

// Renew implements ports.PresenceRegistry.
func (p *Presence) Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) ([]domain.Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	p.sweep(now)
	var missing []domain.Lease
	for _, l := range leases {
		of := p.leases[l.User]
		if of == nil {
			of = map[leaseKey]time.Time{}
			p.leases[l.User] = of
		}
		key := leaseKey{gw, l.Connection}
		if !now.Before(of[key]) {
			missing = append(missing, l)
		}
		of[key] = now.Add(domain.LeaseTTL)
	}
	return missing, nil
}

// Leave implements ports.PresenceRegistry.
func (p *Presence) Leave(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range leases {
		p.drop(l.User, leaseKey{gw, l.Connection})
	}
	return nil
}

func (p *Presence) drop(u domain.UserID, key leaseKey) {
	delete(p.leases[u], key)
	if len(p.leases[u]) == 0 {
		delete(p.leases, u)
	}
}

// sweep forgets the leases that ran out, once per domain.LeaseTTL.
func (p *Presence) sweep(now time.Time) {
	if now.Before(p.nextSweep) {
		return
	}
	p.nextSweep = now.Add(domain.LeaseTTL)
	for u, leases := range p.leases {
		for key, end := range leases {
			if !now.Before(end) {
				p.drop(u, key)
			}
		}
	}
}
