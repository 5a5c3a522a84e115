package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.RevocationAnnouncer = (*Revocations)(nil)
	_ ports.RevocationReader    = (*Revocations)(nil)
)

// Revocations records ended sessions as revoked:session:{session} and tells all gateways of them.
type Revocations struct {
	client *Client
}

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

// Revoked implements ports.RevocationReader. One round trip for up to pipelineSize sessions.
func (r *Revocations) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	there := make([]*redis.IntCmd, len(ids))
	err := r.client.pipelined(ctx, len(ids), func(p redis.Pipeliner, i int) { there[i] = p.Exists(ctx, r.key(ids[i])) })
	if err != nil {
		return nil, translate("read revoked", err)
	}
	var revoked []domain.SessionID
	for i, id := range ids {
		if there[i].Val() == 1 {
			revoked = append(revoked, id)
		}
	}
	return revoked, nil
}

func (r *Revocations) key(id domain.SessionID) string {
	return r.client.key("revoked:session", string(id))
}
