package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"chatsystem/domain"
	"chatsystem/ports"
)

var _ ports.MembershipCache = (*MembershipCache)(nil)

// memberSetTTL is how long a member set is kept.
const memberSetTTL = time.Minute

// MembershipCache keeps member sets for a minute each: members:conversation:{conversation} is the set of user ids,
// members:version:{conversation} says of which version it is, and how large, so that a set the server has evicted is not
// taken for an empty one. Both are written and read together.
type MembershipCache struct {
	client *Client
}

// NewMembershipCache returns the cache.
func NewMembershipCache(c *Client) *MembershipCache { return &MembershipCache{c} }

var (
	// cacheScript replaces a set unless a later version is there. KEYS: members, version. ARGV: version, TTL in ms, users.
	cacheScript = redis.NewScript(`
local there = redis.call('HGET', KEYS[2], 'version')
if there and tonumber(there) > tonumber(ARGV[1]) then
  return 0
end
redis.call('DEL', KEYS[1])
local size = 0
if #ARGV > 2 then
  size = redis.call('SADD', KEYS[1], unpack(ARGV, 3))
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
redis.call('HSET', KEYS[2], 'version', ARGV[1], 'size', size)
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
`)
	// cachedScript returns a version and its users, nil unless all are there. KEYS: members, version.
	cachedScript = redis.NewScript(`
local there = redis.call('HMGET', KEYS[2], 'version', 'size')
if not there[1] then
  return false
end
local users = redis.call('SMEMBERS', KEYS[1])
if #users ~= tonumber(there[2]) then
  return false
end
return {there[1], users}
`)
)

// CachedMembers implements ports.MembershipCache. One round trip for up to pipelineSize conversations.
func (m *MembershipCache) CachedMembers(
	ctx context.Context, ids []domain.ConversationID,
) (map[domain.ConversationID]domain.MemberSet, error) {
	calls := make([]call, len(ids))
	for i, id := range ids {
		calls[i].keys = m.keys(id)
	}
	answers, err := m.client.run(ctx, cachedScript, calls)
	if err != nil {
		return nil, translate("read members", err)
	}
	found := make(map[domain.ConversationID]domain.MemberSet, len(ids))
	for i, id := range ids {
		answer, err := answers[i].Slice()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return nil, translate("read members", err)
		}
		if found[id], err = memberSetOf(answer); err != nil {
			return nil, translate("read members", err)
		}
	}
	return found, nil
}

// memberSetOf reads what cachedScript returned.
func memberSetOf(answer []any) (set domain.MemberSet, err error) {
	if len(answer) != 2 {
		return set, fmt.Errorf("answer of %d parts", len(answer))
	}
	version, _ := answer[0].(string)
	if set.Version, err = strconv.ParseInt(version, 10, 64); err != nil {
		return set, err
	}
	users, _ := answer[1].([]any)
	for _, u := range users {
		id, _ := u.(string)
		set.Users = append(set.Users, domain.UserID(id))
	}
	return set, nil
}

// CacheMembers implements ports.MembershipCache. One round trip for up to pipelineSize conversations.
func (m *MembershipCache) CacheMembers(ctx context.Context, sets map[domain.ConversationID]domain.MemberSet) error {
	calls := make([]call, 0, len(sets))
	for id, set := range sets {
		args := make([]any, 0, 2+len(set.Users))
		args = append(args, set.Version, memberSetTTL.Milliseconds())
		for _, u := range set.Users {
			args = append(args, string(u))
		}
		calls = append(calls, call{m.keys(id), args})
	}
	_, err := m.client.run(ctx, cacheScript, calls)
	return translate("cache members", err)
}

func (m *MembershipCache) keys(id domain.ConversationID) []string {
	return []string{m.client.key("members:conversation", string(id)), m.client.key("members:version", string(id))}
}
