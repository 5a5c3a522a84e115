package domain

import "time"

// AllocationState is how far a seq has come from being given out to being announced.
type AllocationState string

// The states: PENDING → STORED → PUBLISHED, or PENDING → VOID. Everything but PENDING is settled.
const (
	Pending   AllocationState = "PENDING"
	Stored    AllocationState = "STORED"
	Published AllocationState = "PUBLISHED"
	Voided    AllocationState = "VOID"
)

// CanBecome tells whether a settlement may move an allocation from s to next. Repeating a step changes nothing
// and going back is refused, which makes settling idempotent in any order.
func (s AllocationState) CanBecome(next AllocationState) bool {
	switch s {
	case Pending:
		return next == Stored || next == Published || next == Voided
	case Stored:
		return next == Published
	default:
		return false
	}
}

// AllocationRequest asks for a seq on behalf of a draft.
type AllocationRequest struct {
	Conversation ConversationID
	Sender       UserID
	ClientMsgID  string
	BodyHash     BodyHash
	Entropy      MessageIDEntropy
	// Refused names the seq given for this draft before which the store would not take; it is closed and another
	// one given, in one transaction. Zero on a first request.
	Refused Refusal
}

// Refusal says why an allocated seq cannot hold the message it was given for.
type Refusal struct {
	Seq Seq
	// Foreign means that another message holds the seq (a restored counter): it counts as a message, not as a void.
	Foreign bool
}

// Allocation is a seq given to one message, remembered for as long as a retry must find it.
type Allocation struct {
	Conversation   ConversationID
	Seq            Seq
	MessageID      MessageID
	Sender         UserID
	ClientMsgID    string
	BodyHash       BodyHash
	CreatedAt      time.Time
	MembersVersion int64
	State          AllocationState
}

// NewAllocation gives the next seq of a conversation to a request. previous is the created_at of the seq before,
// so that times never go back inside a conversation.
func NewAllocation(r AllocationRequest, last Seq, membersVersion int64, now, previous time.Time) Allocation {
	at := StoredTime(now)
	if at.Before(previous) {
		at = StoredTime(previous)
	}
	return Allocation{
		Conversation: r.Conversation, Seq: last + 1, MessageID: NewMessageID(at, r.Entropy, last+1), Sender: r.Sender,
		ClientMsgID: r.ClientMsgID, BodyHash: r.BodyHash, CreatedAt: at, MembersVersion: membersVersion, State: Pending,
	}
}

// Settlement moves one allocation on. Last carries what the conversation list shows when the state is STORED or
// PUBLISHED, so that settling needs no other read.
type Settlement struct {
	Conversation ConversationID
	Seq          Seq
	State        AllocationState
	Last         Pointer
}

// VoidReason says what holds a seq that is being closed.
type VoidReason int

// Why an allocation becomes VOID.
const (
	VoidTombstone VoidReason = iota // a tombstone is in the store: the seq counts as a void
	VoidForeign                     // another message is in the store: the seq counts as a message
)
