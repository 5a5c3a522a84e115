package simulation

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"chatsystem/adapters/memory"
	"chatsystem/domain"
	"chatsystem/ports"
)

// redisServer is what Redis holds, all of which it may forget, and the channels of the gateways.
type redisServer struct {
	presence *memory.Presence
	cache    *memory.MembershipCache
	bus      *memory.GatewayBus

	mu         sync.Mutex
	revoked    map[domain.SessionID]time.Time // until when it is known
	subscribed map[domain.GatewayID]context.CancelFunc
}

func newRedisServer() *redisServer {
	r := &redisServer{bus: memory.NewGatewayBus(), subscribed: map[domain.GatewayID]context.CancelFunc{}}
	r.forget()
	return r
}

// forget empties it. Subscriptions go on.
func (r *redisServer) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.presence, r.cache = memory.NewPresence(time.Now), memory.NewMembershipCache(time.Now)
	r.revoked = map[domain.SessionID]time.Time{}
}

func (r *redisServer) listening(gw domain.GatewayID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.subscribed[gw] != nil
}

// interrupt ends the subscriptions of gateways, which subscribe again; what is published in between is lost.
func (r *redisServer) interrupt(gateways ...domain.GatewayID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, gw := range gateways {
		if cancel := r.subscribed[gw]; cancel != nil {
			cancel()
		}
	}
}

// redis is the server as one process reaches it.
type redis struct{ p *process }

var (
	_ ports.PresenceRegistry    = redis{}
	_ ports.MembershipCache     = redis{}
	_ ports.GatewayPublisher    = redis{}
	_ ports.GatewayInbox        = redis{}
	_ ports.RevocationAnnouncer = redis{}
	_ ports.RevocationReader    = redis{}
)

func (r redis) server() *redisServer { return r.p.w.redis }

func (r redis) Gateways(ctx context.Context, users []domain.UserID) (map[domain.UserID][]domain.GatewayID, error) {
	return through(ctx, r.p, "redis.gateways", fmt.Sprint(len(users)), func(ctx context.Context) (map[domain.UserID][]domain.GatewayID, error) {
		found, err := r.server().presence.Gateways(ctx, users)
		r.p.w.checkPresence(users, found)
		return found, err
	})
}

func (r redis) Online(ctx context.Context, users []domain.UserID) (map[domain.UserID]bool, error) {
	return through(ctx, r.p, "redis.online", "", func(ctx context.Context) (map[domain.UserID]bool, error) {
		return r.server().presence.Online(ctx, users)
	})
}

func (r redis) Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) ([]domain.Lease, error) {
	return through(ctx, r.p, "redis.renew", fmt.Sprint(len(leases)), func(ctx context.Context) ([]domain.Lease, error) {
		missing, err := r.server().presence.Renew(ctx, gw, leases)
		r.p.w.model.leased(gw, leases)
		return missing, err
	})
}

func (r redis) Leave(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) error {
	return do(ctx, r.p, "redis.leave", fmt.Sprint(len(leases)), func(ctx context.Context) error {
		return r.server().presence.Leave(ctx, gw, leases)
	})
}

func (r redis) CachedMembers(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	return through(ctx, r.p, "redis.cached members", fmt.Sprint(len(ids)), func(ctx context.Context) (map[domain.ConversationID]domain.MemberSet, error) {
		return r.server().cache.CachedMembers(ctx, ids)
	})
}

func (r redis) CacheMembers(ctx context.Context, sets map[domain.ConversationID]domain.MemberSet) error {
	return do(ctx, r.p, "redis.cache members", fmt.Sprint(len(sets)), func(ctx context.Context) error {
		return r.server().cache.CacheMembers(ctx, sets)
	})
}

// Deliver sorts the deliveries by conversation: between conversations there is no order, and a worker takes them from a map.
func (r redis) Deliver(ctx context.Context, gw domain.GatewayID, deliveries []ports.Delivery) error {
	deliveries = slices.Clone(deliveries)
	slices.SortStableFunc(deliveries, func(a, b ports.Delivery) int {
		return compareStrings(a.Event.Conversation, b.Event.Conversation)
	})
	return do(ctx, r.p, "redis.deliver", fmt.Sprintf("%s %d", short(gw), len(deliveries)), func(ctx context.Context) error {
		return r.server().bus.Deliver(ctx, gw, deliveries)
	})
}

func (r redis) AnnounceRevoked(ctx context.Context, ids []domain.SessionID, ttl time.Duration) error {
	return do(ctx, r.p, "redis.announce revoked", fmt.Sprint(len(ids)), func(ctx context.Context) error {
		s := r.server()
		s.mu.Lock()
		for _, id := range ids {
			s.revoked[id] = time.Now().Add(ttl)
		}
		s.mu.Unlock()
		r.p.w.model.revoked(ids)
		return s.bus.AnnounceRevoked(ctx, ids, ttl)
	})
}

func (r redis) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	return through(ctx, r.p, "redis.revoked", fmt.Sprint(len(ids)), func(context.Context) ([]domain.SessionID, error) {
		s := r.server()
		s.mu.Lock()
		defer s.mu.Unlock()
		var ended []domain.SessionID
		for _, id := range ids {
			if time.Now().Before(s.revoked[id]) {
				ended = append(ended, id)
			}
		}
		return ended, nil
	})
}

// Receive subscribes, again and again as go-redis does, until ctx ends.
func (r redis) Receive(ctx context.Context, gw domain.GatewayID, to ports.GatewayReceiver) error {
	for ctx.Err() == nil {
		if err := do(ctx, r.p, "redis.subscribe", "", func(context.Context) error { return nil }); err != nil {
			r.p.sleep(ctx, 200*time.Millisecond)
			continue
		}
		s := r.server()
		sub, cancel := context.WithCancel(ctx)
		s.mu.Lock()
		s.subscribed[gw] = cancel
		s.mu.Unlock()
		_ = s.bus.Receive(sub, gw, channel{sub, r.p, to})
		s.mu.Lock()
		delete(s.subscribed, gw)
		s.mu.Unlock()
		cancel()
	}
	return ctx.Err()
}

// channel is the way from Redis to a gateway: an await point for everything that comes along, in order.
type channel struct {
	ctx context.Context
	p   *process
	to  ports.GatewayReceiver
}

func (c channel) Subscribed() {
	if hop(c.ctx, c.p, "redis.subscribed", "") {
		c.to.Subscribed()
	}
}

func (c channel) Deliver(d ports.Delivery) {
	if hop(c.ctx, c.p, "redis.receive", fmt.Sprintf("%s %s", d.Event.Name, place(d.Event.Conversation, d.Event.Seq))) {
		c.to.Deliver(d)
	}
}

func (c channel) SessionsRevoked(ids []domain.SessionID) {
	if hop(c.ctx, c.p, "redis.receive revoked", fmt.Sprint(len(ids))) {
		c.to.SessionsRevoked(ids)
	}
}
