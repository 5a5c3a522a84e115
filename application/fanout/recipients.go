package fanout

import (
	"context"
	"fmt"
	"log/slog"
	"maps"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Recipients finds out who receives an event. A cached member set serves only if it is not older than the event: whoever
// was removed before a message was sent is not in a set of that message's version, so no cache needs to be
// invalidated.
type Recipients struct {
	cache   ports.MembershipCache
	members ports.MembershipReader
	log     *slog.Logger
}

// NewRecipients returns the resolver.
func NewRecipients(cache ports.MembershipCache, members ports.MembershipReader, log *slog.Logger) *Recipients {
	return &Recipients{cache, members, log}
}

// audience is who receives an event; events that go to the members of one conversation share theirs.
type audience struct{ users []domain.UserID }

// of returns the receivers of each event of a batch, each at most once.
func (r *Recipients) of(ctx context.Context, batch []ports.InboundEvent) ([]*audience, error) {
	sets, err := r.memberSets(ctx, wanted(batch))
	if err != nil {
		return nil, err
	}
	members := make(map[domain.ConversationID]*audience, len(sets))
	for id, set := range sets {
		members[id] = &audience{set.Users}
	}
	nobody := &audience{}
	receivers := make([]*audience, len(batch))
	for i, e := range batch {
		receivers[i] = nobody
		if set := members[e.Conversation]; e.ToMembers && set != nil {
			receivers[i] = set
		}
		if len(e.To) > 0 {
			receivers[i] = &audience{distinct([]*audience{receivers[i], {e.To}})}
		}
	}
	return receivers, nil
}

// wanted returns the member sets a batch needs, each with the lowest version that will do.
func wanted(batch []ports.InboundEvent) map[domain.ConversationID]int64 {
	want := map[domain.ConversationID]int64{}
	for _, e := range batch {
		if e.ToMembers {
			want[e.Conversation] = max(want[e.Conversation], e.MembersVersion)
		}
	}
	return want
}

func (r *Recipients) memberSets(ctx context.Context, want map[domain.ConversationID]int64) (map[domain.ConversationID]domain.MemberSet, error) {
	sets := make(map[domain.ConversationID]domain.MemberSet, len(want))
	if len(want) == 0 {
		return sets, nil
	}
	ids := make([]domain.ConversationID, 0, len(want))
	for id := range want {
		ids = append(ids, id)
	}
	cached, err := r.cache.CachedMembers(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read member cache: %w", err)
	}
	var misses []domain.ConversationID
	for id, version := range want {
		if set, ok := cached[id]; ok && set.Version >= version {
			sets[id] = set
		} else {
			misses = append(misses, id)
		}
	}
	if len(misses) == 0 {
		return sets, nil
	}
	fetched, err := r.members.Members(ctx, misses)
	if err != nil {
		return nil, fmt.Errorf("members of %d conversations: %w", len(misses), err)
	}
	if err := r.cache.CacheMembers(ctx, fetched); err != nil {
		r.log.Warn("members not cached", "conversations", len(fetched), "error", err)
	}
	maps.Copy(sets, fetched) // a conversation that is gone has no receivers
	return sets, nil
}
