package messages

import (
	"context"
	"fmt"

	"chatsystem/domain"
)

var _ Resolver = (*SequencedLog)(nil)

// Resolve implements Resolver: the store decides. What it holds at the seq is final; if it holds nothing, a tombstone is
// put there first, so that a put still under way finds it and yields.
func (l *SequencedLog) Resolve(ctx context.Context, a domain.Allocation) (domain.Pointer, bool, error) {
	held, there, err := l.store.EntryAt(ctx, a.Conversation, a.Seq)
	if err != nil {
		return domain.Pointer{}, false, fmt.Errorf("read entry: %w", err)
	}
	if !there {
		if held, err = l.store.Bury(ctx, a.Conversation, a.Seq); err != nil {
			return domain.Pointer{}, false, fmt.Errorf("bury: %w", err)
		}
	}
	if held.Holds(a.MessageID) {
		return held.Pointer, true, nil
	}
	if err := l.seqs.Void(ctx, a.Conversation, a.Seq, l.whyHeld(ctx, held, a.Conversation, a.MessageID)); err != nil {
		return domain.Pointer{}, false, fmt.Errorf("void: %w", err)
	}
	return domain.Pointer{}, false, nil
}

// NothingPending is the Resolver of a log that allocates and stores in one transaction.
type NothingPending struct{}

// Resolve implements Resolver; such a log never has a pending seq.
func (NothingPending) Resolve(_ context.Context, a domain.Allocation) (domain.Pointer, bool, error) {
	return domain.Pointer{}, false, fmt.Errorf("seq %d is pending in a log without pending seqs", a.Seq)
}
