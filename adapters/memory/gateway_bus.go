package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.GatewayPublisher    = (*GatewayBus)(nil)
	_ ports.GatewayInbox        = (*GatewayBus)(nil)
	_ ports.RevocationAnnouncer = (*GatewayBus)(nil)
)

// GatewayBus carries deliveries and revocations to the gateways of this process, each through a bounded inbox. What
// does not fit is lost, and the gateway is told: publishers never wait for it.
type GatewayBus struct {
	mu      sync.RWMutex
	inboxes map[domain.GatewayID]*inbox
}

// NewGatewayBus returns a bus without gateways.
func NewGatewayBus() *GatewayBus { return &GatewayBus{inboxes: map[domain.GatewayID]*inbox{}} }

// Deliver implements ports.GatewayPublisher.
func (b *GatewayBus) Deliver(ctx context.Context, gw domain.GatewayID, deliveries []ports.Delivery) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	in := b.inboxes[gw]
	if in == nil {
		return nil
	}
	notices := make([]notice, 0, len(deliveries))
	for _, d := range deliveries {
		d.Users = slices.Clone(d.Users)
		notices = append(notices, notice{delivery: d})
	}
	in.put(notices...)
	return nil
}

// AnnounceRevoked implements ports.RevocationAnnouncer. The record is the session store, which is in this process, too.
func (b *GatewayBus) AnnounceRevoked(ctx context.Context, ids []domain.SessionID, _ time.Duration) error {
	if err := ctx.Err(); err != nil || len(ids) == 0 {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, in := range b.inboxes {
		in.put(notice{revoked: slices.Clone(ids)})
	}
	return nil
}

// Receive implements ports.GatewayInbox. Only one call at a time can receive for a gateway.
func (b *GatewayBus) Receive(ctx context.Context, gw domain.GatewayID, r ports.GatewayReceiver) error {
	in, err := b.open(gw)
	if err != nil {
		return err
	}
	defer b.close(gw)
	for ctx.Err() == nil {
		notices, lost := in.take()
		if lost {
			r.Subscribed()
		}
		for _, n := range notices {
			n.handTo(r)
		}
		if len(notices) > 0 || lost {
			continue
		}
		select {
		case <-in.filled:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func (b *GatewayBus) open(gw domain.GatewayID) (*inbox, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inboxes[gw] != nil {
		return nil, fmt.Errorf("gateway bus: somebody receives for gateway %s already", gw)
	}
	in := newInbox(inboxCapacity)
	b.inboxes[gw] = in
	return in, nil
}

func (b *GatewayBus) close(gw domain.GatewayID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.inboxes, gw)
}
