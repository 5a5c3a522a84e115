package ports

import (
	"context"
	"time"

	"chatsystem/domain"
)

// SequenceAllocator gives out the seqs of conversations. One allocation is made per (conversation, sender,
// client_msg_id), however many requests race.
type SequenceAllocator interface {
	// Allocate returns the live allocation of the draft, or makes one with the next seq; created tells which. It locks the
	// conversation, then checks that the sender is an active member (ErrConversationNotFound). If the draft's live allocation is the
	// refused one, that becomes VOID in the same step, listed as a void unless refused as foreign.
	// ErrClientMsgIDReused if the id was used for another body. A failure uses up no seq.
	Allocate(ctx context.Context, r domain.AllocationRequest) (a domain.Allocation, created bool, err error)
	// Void closes a pending seq; VoidTombstone also lists it as a void. Call it only when the store holds the seq against
	// the message it was given for. Closing a seq that is not pending changes nothing.
	Void(ctx context.Context, c domain.ConversationID, seq domain.Seq, why domain.VoidReason) error
}

// Settler records how far messages have come.
type Settler interface {
	// Settle moves allocations to the states given, where domain's CanBecome allows it, and with them the conversation's last
	// message and the sender's read mark forward, never back. It is idempotent, in any order and any mix of conversations.
	Settle(ctx context.Context, s []domain.Settlement) error
}

// UnfinishedLeases finds messages that were left on their way by whoever sent them.
type UnfinishedLeases interface {
	// LeaseUnfinished returns at most limit allocations that have been PENDING or STORED for longer than age, oldest first, and keeps them
	// from other callers for the lease's time.
	LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error)
}

// Allocations is the whole of the allocation log, as the chat service owns it.
type Allocations interface {
	SequenceAllocator
	Settler
	UnfinishedLeases
	// PurgeAllocations forgets finished allocations, PUBLISHED or VOID, made before a time, at most limit, and returns how many. A client_msg_id is
	// free again after that.
	PurgeAllocations(ctx context.Context, before time.Time, limit int) (int, error)
}
