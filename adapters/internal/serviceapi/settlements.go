package serviceapi

import (
	"slices"
	"time"

	"chatsystem/domain"
)

// SettleRequest is the body of Settle; the answer is 204.
type SettleRequest struct {
	Settlements []Settlement `json:"settlements"`
}

// Settlement moves one allocation on.
type Settlement struct {
	ConversationID domain.ConversationID  `json:"conversation_id"`
	Seq            domain.Seq             `json:"seq"`
	State          domain.AllocationState `json:"state"`
	Last           Last                   `json:"last"`
}

// Last is what the conversation list shows of the message.
type Last struct {
	MessageID domain.MessageID `json:"message_id"`
	SenderID  domain.UserID    `json:"sender_id"`
	CreatedAt time.Time        `json:"created_at"`
	Preview   string           `json:"preview"`
	HasMore   bool             `json:"has_more"`
}

// SettlementOf returns s as it travels: of the last message, what a list shows.
func SettlementOf(s domain.Settlement) Settlement {
	return Settlement{s.Conversation, s.Seq, s.State, Last{s.Last.ID, s.Last.Sender, s.Last.CreatedAt, s.Last.Preview, s.Last.HasMore}}
}

var states = []domain.AllocationState{domain.Pending, domain.Stored, domain.Published, domain.Voided}

// Domain returns the settlements; KindInvalid if one cannot be.
func (r SettleRequest) Domain() ([]domain.Settlement, error) {
	const field = "settlements"
	if err := checkBatch(field, len(r.Settlements)); err != nil {
		return nil, err
	}
	settlements := make([]domain.Settlement, len(r.Settlements))
	for i, s := range r.Settlements {
		switch {
		case !domain.IsUUID(string(s.ConversationID)):
			return nil, notAnID(element(field, i, "conversation_id"))
		case !isSeq(s.Seq):
			return nil, notASeq(element(field, i, "seq"))
		case !slices.Contains(states, s.State):
			return nil, domain.Invalid(element(field, i, "state"), "unknown", "state must be one of %v.", states)
		case !domain.IsUUID(string(s.Last.SenderID)):
			return nil, notAnID(element(field, i, "last.sender_id"))
		}
		settlements[i] = domain.Settlement{Conversation: s.ConversationID, Seq: s.Seq, State: s.State, Last: domain.Pointer{
			Conversation: s.ConversationID, ID: s.Last.MessageID, Seq: s.Seq, Sender: s.Last.SenderID,
			CreatedAt: s.Last.CreatedAt.UTC(), Preview: s.Last.Preview, HasMore: s.Last.HasMore,
		}}
	}
	return settlements, nil
}
