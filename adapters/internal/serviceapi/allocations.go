package serviceapi

import (
	"fmt"
	"strings"
	"time"

	"chatsystem/domain"
)

// Allocation is the answer to Allocate, 201 if the call made it, else 200, and an element of Lease's answer.
type Allocation struct {
	ConversationID domain.ConversationID  `json:"conversation_id"`
	Seq            domain.Seq             `json:"seq"`
	MessageID      domain.MessageID       `json:"message_id"`
	SenderID       domain.UserID          `json:"sender_id"`
	ClientMsgID    string                 `json:"client_msg_id"`
	BodyHash       domain.BodyHash        `json:"body_hash"` // base64, as every run of bytes here
	CreatedAt      time.Time              `json:"created_at"`
	MembersVersion int64                  `json:"members_version"`
	State          domain.AllocationState `json:"state"`
}

// AllocationOf returns a as it travels.
func AllocationOf(a domain.Allocation) Allocation {
	return Allocation{
		a.Conversation, a.Seq, a.MessageID, a.Sender, a.ClientMsgID, a.BodyHash, a.CreatedAt, a.MembersVersion, a.State,
	}
}

// Domain returns what travelled.
func (a Allocation) Domain() domain.Allocation {
	return domain.Allocation{
		Conversation: a.ConversationID, Seq: a.Seq, MessageID: a.MessageID, Sender: a.SenderID, ClientMsgID: a.ClientMsgID,
		BodyHash: a.BodyHash, CreatedAt: a.CreatedAt.UTC(), MembersVersion: a.MembersVersion, State: a.State,
	}
}

// AllocateRequest is the body of Allocate.
type AllocateRequest struct {
	SenderID    domain.UserID           `json:"sender_id"`
	ClientMsgID string                  `json:"client_msg_id"`
	BodyHash    domain.BodyHash         `json:"body_hash"`
	Entropy     domain.MessageIDEntropy `json:"entropy"`
	Refused     Refusal                 `json:"refused,omitzero"`
}

// Refusal names the seq that the store would not take.
type Refusal struct {
	Seq     domain.Seq `json:"seq"`
	Foreign bool       `json:"foreign"`
}

// AllocateRequestOf returns the body for r, whose conversation goes into the path.
func AllocateRequestOf(r domain.AllocationRequest) AllocateRequest {
	return AllocateRequest{r.Sender, r.ClientMsgID, r.BodyHash, r.Entropy, Refusal(r.Refused)}
}

// Domain returns the request for a conversation; KindInvalid if a field cannot be kept. What a client_msg_id should look like was
// decided before a draft was made.
func (r AllocateRequest) Domain(c domain.ConversationID) (domain.AllocationRequest, error) {
	if !domain.IsUUID(string(r.SenderID)) {
		return domain.AllocationRequest{}, notAnID("sender_id")
	}
	if n := len(r.ClientMsgID); n == 0 || n > domain.MaxClientMsgIDBytes || strings.IndexByte(r.ClientMsgID, 0) >= 0 {
		return domain.AllocationRequest{}, domain.Invalid("client_msg_id", "format",
			"client_msg_id must have 1 to %d bytes, none of them NUL.", domain.MaxClientMsgIDBytes)
	}
	if r.Refused != (Refusal{}) && !isSeq(r.Refused.Seq) {
		return domain.AllocationRequest{}, notASeq("refused.seq")
	}
	return domain.AllocationRequest{
		Conversation: c, Sender: r.SenderID, ClientMsgID: r.ClientMsgID, BodyHash: r.BodyHash, Entropy: r.Entropy,
		Refused: domain.Refusal(r.Refused),
	}, nil
}

// VoidRequest is the body of Void; the answer is 204.
type VoidRequest struct {
	Seq    domain.Seq `json:"seq"`
	Reason string     `json:"reason"`
}

// What a VoidRequest's reason may be.
const (
	voidTombstone = "tombstone"
	voidForeign   = "foreign"
)

// VoidRequestOf returns the body for a seq.
func VoidRequestOf(seq domain.Seq, why domain.VoidReason) VoidRequest {
	if why == domain.VoidForeign {
		return VoidRequest{seq, voidForeign}
	}
	return VoidRequest{seq, voidTombstone}
}

// Domain returns the seq and the reason; KindInvalid if one cannot be.
func (r VoidRequest) Domain() (domain.Seq, domain.VoidReason, error) {
	switch {
	case !isSeq(r.Seq):
		return 0, 0, notASeq("seq")
	case r.Reason == voidTombstone:
		return r.Seq, domain.VoidTombstone, nil
	case r.Reason == voidForeign:
		return r.Seq, domain.VoidForeign, nil
	}
	return 0, 0, domain.Invalid("reason", "unknown", "reason must be %s or %s.", voidTombstone, voidForeign)
}

// LeaseRequest is the body of Lease, lengths of time in milliseconds.
type LeaseRequest struct {
	AgeMS   int64 `json:"age_ms"`
	LeaseMS int64 `json:"lease_ms"`
	Limit   int   `json:"limit"`
}

// LeaseAnswer is the answer to Lease, the oldest first.
type LeaseAnswer struct {
	Allocations []Allocation `json:"allocations"`
}

// maxLease keeps what comes in milliseconds within the range of a time.Duration.
const maxLease = 30 * 24 * time.Hour

// Domain returns the age, the lease's time and the limit, at most MaxBatch; KindInvalid if one cannot be.
func (r LeaseRequest) Domain() (age, lease time.Duration, limit int, err error) {
	for field, ms := range map[string]int64{"age_ms": r.AgeMS, "lease_ms": r.LeaseMS} {
		if ms < 0 || ms > maxLease.Milliseconds() {
			return 0, 0, 0, domain.Invalid(field, "range", "%s must be from 0 to %d.", field, maxLease.Milliseconds())
		}
	}
	if r.Limit < 1 {
		return 0, 0, 0, domain.Invalid("limit", "range", "limit must be at least 1.")
	}
	return time.Duration(r.AgeMS) * time.Millisecond, time.Duration(r.LeaseMS) * time.Millisecond, min(r.Limit, MaxBatch), nil
}

func isSeq(s domain.Seq) bool { return s >= 1 && s <= domain.MaxSeq }

func notASeq(field string) error {
	return domain.Invalid(field, "range", "%s must be from 1 to %d.", field, domain.MaxSeq)
}

func notAnID(field string) error {
	return domain.Invalid(field, "not_an_id", "%s must be a lower-case UUID.", field)
}

// checkBatch refuses more elements than one call may carry.
func checkBatch(field string, n int) error {
	if n > MaxBatch {
		return domain.Invalid(field, "too_many", "%s has %d elements; at most %d are allowed.", field, n, MaxBatch)
	}
	return nil
}

func element(field string, i int, member string) string {
	return fmt.Sprintf("%s[%d].%s", field, i, member)
}
