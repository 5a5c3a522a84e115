package redis

import (
	"context"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.PresenceRegistry = (*Presence)(nil)

// Presence knows where users are connected. presence:user:{user} is a sorted set of gateway:connection scored by when
// each lease runs out, in milliseconds of the server's clock; online:user:{user} lives as long as the longest of them.
type Presence struct {
	client *Client
}

// NewPresence returns the registry.
func NewPresence(c *Client) *Presence { return &Presence{c} }

var (
	// renewScript adds or renews a lease; it returns 1 if it was not there. KEYS: presence, online. ARGV: member, TTL in ms.
	renewScript = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local missing = redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
return missing
`)
	// leaveScript takes a lease back. KEYS: presence, online. ARGV: member.
	leaveScript = redis.NewScript(`
redis.call('ZREM', KEYS[1], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if #last == 0 then
  redis.call('DEL', KEYS[2])
else
  redis.call('PEXPIREAT', KEYS[2], last[2])
end
`)
)

// Gateways implements ports.PresenceReader; the gateways of a user ascend. One round trip for up to pipelineSize users. The
// server's time comes along with the leases: plain commands cost it a fraction of what a script per user does.
func (p *Presence) Gateways(ctx context.Context, users []domain.UserID) (map[domain.UserID][]domain.GatewayID, error) {
	found := make(map[domain.UserID][]domain.GatewayID, len(users))
	if len(users) == 0 {
		return found, nil
	}
	var now *redis.TimeCmd
	leases := make([]*redis.ZSliceCmd, len(users))
	err := p.client.pipelined(ctx, 1+len(users), func(pipe redis.Pipeliner, i int) {
		if i == 0 {
			now = pipe.Time(ctx)
			return
		}
		leases[i-1] = pipe.ZRangeWithScores(ctx, p.presenceKey(users[i-1]), 0, -1)
	})
	if err != nil {
		return nil, translate("read presence", err)
	}
	ranOut := float64(now.Val().UnixMilli())
	for i, u := range users {
		if gateways := gatewaysOf(leases[i].Val(), ranOut); gateways != nil {
			found[u] = gateways
		}
	}
	return found, nil
}

// gatewaysOf returns the gateways of the leases that end after ranOut.
func gatewaysOf(leases []redis.Z, ranOut float64) []domain.GatewayID {
	var gateways []domain.GatewayID
	for _, l := range leases {
		if member, ok := l.Member.(string); ok && l.Score > ranOut {
			gateways = append(gateways, domain.GatewayID(member[:max(0, strings.LastIndexByte(member, ':'))]))
		}
	}
	slices.Sort(gateways)
	return slices.Compact(gateways)
}

// Online implements ports.PresenceReader. One round trip for up to pipelineSize users.
func (p *Presence) Online(ctx context.Context, users []domain.UserID) (map[domain.UserID]bool, error) {
	there := make([]*redis.IntCmd, len(users))
	err := p.client.pipelined(ctx, len(users), func(pipe redis.Pipeliner, i int) {
		there[i] = pipe.Exists(ctx, p.onlineKey(users[i]))
	})
	if err != nil {
		return nil, translate("read online", err)
	}
	online := make(map[domain.UserID]bool, len(users))
	for i, u := range users {
		if there[i].Val() == 1 {
			online[u] = true
		}
	}
	return online, nil
}

// Renew implements ports.PresenceRegistry. After an error any of the leases may have been renewed.
func (p *Presence) Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) ([]domain.Lease, error) {
	answers, err := p.client.run(ctx, renewScript, p.calls(gw, leases, domain.LeaseTTL.Milliseconds()))
	if err != nil {
		return nil, translate("renew leases", err)
	}
	var missing []domain.Lease
	for i, l := range leases {
		added, err := answers[i].Int()
		if err != nil {
			return nil, translate("renew leases", err)
		}
		if added == 1 {
			missing = append(missing, l)
		}
	}
	return missing, nil
}

// Leave implements ports.PresenceRegistry.
func (p *Presence) Leave(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) error {
	_, err := p.client.run(ctx, leaveScript, p.calls(gw, leases))
	return translate("leave", err)
}

// calls returns one call for each lease, with the lease's member before args.
func (p *Presence) calls(gw domain.GatewayID, leases []domain.Lease, args ...any) []call {
	calls := make([]call, len(leases))
	for i, l := range leases {
		calls[i] = call{
			keys: []string{p.presenceKey(l.User), p.onlineKey(l.User)},
			args: append([]any{string(gw) + ":" + string(l.Connection)}, args...),
		}
	}
	return calls
}

func (p *Presence) presenceKey(u domain.UserID) string {
	return p.client.key("presence:user", string(u))
}

func (p *Presence) onlineKey(u domain.UserID) string { return p.client.key("online:user", string(u)) }
