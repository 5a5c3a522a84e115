package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.RevocationAnnouncer = (*Revocations)(nil)
	_ ports.RevocationReader    = (*Revocations)(nil)
)

// Revocations records ended sessions as revoked:session:{session} and tells all gateways of them. A server that was
// restarted, was replaced or lost its keys has forgotten sessions: revoked:since is when its record began.
type Revocations struct {
	client *Client
}

// sinceTTL is how long nobody may ask before the record seems young again.
const sinceTTL = 2 * domain.MaxAccessTokenLife

// errRecordYoung says that sessions may have ended before the record began whose access tokens still live.
var errRecordYoung = errors.New("the record of ended sessions is younger than an access token may be")

// ageScript returns how long the server has kept the record, in milliseconds: since the script first ran in this life of
// the process, as far as the keys of that are still there. (Who may not ask for INFO notices lost keys only.) KEYS: since.
// ARGV: TTL in ms, renewed by every run.
var ageScript = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local info = redis.pcall('INFO', 'server')
local life = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
local since = redis.call('HGET', KEYS[1], life)
if not since then
  since = now
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], life, string.format('%d', now))
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return now - since
`)

// NewRevocations returns the record.
func NewRevocations(c *Client) *Revocations { return &Revocations{c} }

// AnnounceRevoked implements ports.RevocationAnnouncer. The record is there before the gateways hear of it: a connection
// that is made meanwhile is met by one or the other.
func (r *Revocations) AnnounceRevoked(ctx context.Context, ids []domain.SessionID, ttl time.Duration) error {
	if len(ids) == 0 {
		return nil
	}
	notice, err := encode(envelope{Revoked: ids})
	if err != nil {
		return err
	}
	err = r.client.pipelined(ctx, len(ids), func(p redis.Pipeliner, i int) {
		p.Set(ctx, r.key(ids[i]), 1, max(ttl, time.Millisecond))
	})
	if err != nil {
		return translate("record revoked", err)
	}
	return translate("announce revoked", r.client.rdb.Publish(ctx, r.client.everyGateway(), notice).Err())
}

// Revoked implements ports.RevocationReader. One round trip for up to pipelineSize sessions. If the record is too young to
// know of all, it returns those it knows and an error.
func (r *Revocations) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	there := make([]*redis.IntCmd, len(ids))
	var age *redis.Cmd
	keys, ttl := []string{r.client.prefix + "revoked:since"}, sinceTTL.Milliseconds()
	err := r.client.pipelined(ctx, len(ids)+1, func(p redis.Pipeliner, i int) {
		if i < len(ids) {
			there[i] = p.Exists(ctx, r.key(ids[i]))
			return
		}
		age = ageScript.EvalSha(ctx, p, keys, ttl) // last, so that it notices a restart in between
	})
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		age = ageScript.Eval(ctx, r.client.rdb, keys, ttl)
		err = age.Err()
	}
	if err != nil {
		return nil, translate("read revoked", err)
	}
	var revoked []domain.SessionID
	for i, id := range ids {
		if there[i].Val() == 1 {
			revoked = append(revoked, id)
		}
	}
	if ms, err := age.Int64(); err != nil || time.Duration(ms)*time.Millisecond <= domain.MaxAccessTokenLife {
		return revoked, translate("read revoked", errors.Join(errRecordYoung, err))
	}
	return revoked, nil
}

func (r *Revocations) key(id domain.SessionID) string {
	return r.client.key("revoked:session", string(id))
}
