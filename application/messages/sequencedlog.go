package messages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	appendTimeout = 4 * time.Second // for everything but the void
	storeTimeout  = 3 * time.Second // for one put, out of it
	voidTimeout   = time.Second     // for closing the seq of a message that could not be stored
)

// SequencedLog is the message log over an allocator of seqs and a store of entries that know nothing of each other.
type SequencedLog struct {
	seqs      ports.SequenceAllocator
	store     ports.MessageStore
	entropy   ports.Entropy
	announcer *Announcer
	log       *slog.Logger
}

var _ ports.MessageLog = (*SequencedLog)(nil)

// NewSequencedLog returns the log. It announces a message itself only when it finishes what an earlier request began and
// may have died of; what Append reports as created is for its caller to announce.
func NewSequencedLog(seqs ports.SequenceAllocator, store ports.MessageStore, entropy ports.Entropy, announcer *Announcer, log *slog.Logger) *SequencedLog {
	return &SequencedLog{seqs, store, entropy, announcer, log}
}

// errSeqRefused says that the store holds the allocated seq against the message: another one is needed.
var errSeqRefused = errors.New("seq is held by another entry")

// Append implements ports.MessageLog, within 5 s. Once a seq is allocated it no longer depends on the caller's context:
// the seq must become a message or be closed whether or not anybody waits for the answer.
func (l *SequencedLog) Append(ctx context.Context, d domain.Draft) (domain.Message, bool, error) {
	deadline := time.Now().Add(appendTimeout) //nolint:forbidigo // deadlines of contexts go by this clock
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	detached, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	request := domain.AllocationRequest{
		Conversation: d.Conversation, Sender: d.Sender, ClientMsgID: d.ClientMsgID, BodyHash: d.BodyHash(),
	}
	for range 2 { // a refused seq is replaced once
		request.Entropy = l.entropy()
		a, created, err := l.seqs.Allocate(ctx, request)
		if err != nil {
			return domain.Message{}, false, fmt.Errorf("allocate: %w", err)
		}
		m := domain.PostMessage(d, a)
		if a.State == domain.Stored || a.State == domain.Published {
			return m, false, nil
		}
		held, err := l.storeOrVoid(detached, m)
		if err != nil {
			return domain.Message{}, false, err
		}
		if held.Holds(m.ID) {
			if !created {
				l.announcer.Announce(ctx, m.Pointer)
			}
			return m, created, nil
		}
		request.Refused = domain.Refusal{Seq: m.Seq, Foreign: l.whyHeld(ctx, held, m.Conversation, m.ID) == domain.VoidForeign}
	}
	return domain.Message{}, false, fmt.Errorf("%w: twice", unavailable(errSeqRefused))
}

// storeOrVoid puts the message and returns what holds its seq. If the put fails, what became of it is unknown: the seq is
// then closed, unless the message turns out to be there.
func (l *SequencedLog) storeOrVoid(ctx context.Context, m domain.Message) (domain.Entry, error) {
	storeCtx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	held, storeErr := l.store.Put(storeCtx, m)
	if storeErr == nil {
		return held, nil
	}
	voidCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), voidTimeout)
	defer cancel()
	held, err := l.store.Bury(voidCtx, m.Conversation, m.Seq)
	switch {
	case err != nil:
		return domain.Entry{}, unavailable(fmt.Errorf("store: %w, then void: %w", storeErr, err))
	case held.Holds(m.ID):
		return held, nil
	}
	if err := l.seqs.Void(voidCtx, m.Conversation, m.Seq, l.whyHeld(ctx, held, m.Conversation, m.ID)); err != nil {
		l.log.WarnContext(ctx, "void not recorded, left to reconcile", "conversation_id", m.Conversation, "seq", m.Seq, "error", err)
	}
	return domain.Entry{}, unavailable(fmt.Errorf("store: %w", storeErr))
}

// whyHeld says how a seq counts that cannot hold the message it was allocated to. If another message holds it, the counter
// has been restored to an earlier state than the store, which somebody must look at.
func (l *SequencedLog) whyHeld(ctx context.Context, held domain.Entry, c domain.ConversationID, allocated domain.MessageID) domain.VoidReason {
	if held.Kind == domain.EntryVoid {
		return domain.VoidTombstone
	}
	l.log.ErrorContext(ctx, "seq holds a message it was not allocated to: the database is older than the message store",
		"conversation_id", c, "seq", held.Seq, "allocated_id", allocated, "stored_id", held.Pointer.ID)
	return domain.VoidForeign
}

// unavailable marks a failure after which the same request may be repeated.
func unavailable(err error) error { return fmt.Errorf("%w: %w", domain.ErrUnavailable, err) }
