package messages

import (
	"context"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Send posts a message.
type Send struct {
	log       ports.MessageLog
	announcer *Announcer
}

// NewSend returns the use case.
func NewSend(log ports.MessageLog, announcer *Announcer) *Send { return &Send{log, announcer} }

// SendInput is what a sender gives. Repeating it returns the first message.
type SendInput struct {
	Sender       domain.UserID
	Conversation string
	ClientMsgID  string
	Body         string
}

// Sent is the message and whether this call made it.
type Sent struct {
	Message domain.Message
	Created bool
}

// Execute posts the message; when it returns it is durable. conversation_not_found, validation_failed,
// client_msg_id_reused; unavailable: repeat it.
func (uc *Send) Execute(ctx context.Context, in SendInput) (Sent, error) {
	cid, err := domain.ParseConversationID(in.Conversation)
	if err != nil {
		return Sent{}, err
	}
	draft, err := domain.NewDraft(in.Sender, cid, in.ClientMsgID, in.Body)
	if err != nil {
		return Sent{}, err
	}
	m, created, err := uc.log.Append(ctx, draft)
	if err != nil {
		return Sent{}, fmt.Errorf("append: %w", err)
	}
	if created {
		uc.announcer.Announce(ctx, m.Pointer)
	}
	return Sent{Message: m, Created: created}, nil
}
