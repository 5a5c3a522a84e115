package messages

import (
	"context"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Get shows a member one message.
type Get struct {
	heads   ports.HeadReader
	entries ports.MessageReader
}

// NewGet returns the use case.
func NewGet(heads ports.HeadReader, entries ports.MessageReader) *Get { return &Get{heads, entries} }

// GetInput names a message; Full asks for its body.
type GetInput struct {
	Viewer       domain.UserID
	Conversation string
	ID           string
	Full         bool
}

// Execute returns the message, without Body unless it was asked for: conversation_not_found, message_not_found. A message
// is found as soon as it is stored, though history may still hold it back behind an unsettled one.
func (uc *Get) Execute(ctx context.Context, in GetInput) (domain.Message, error) {
	cid, err := domain.ParseConversationID(in.Conversation)
	if err != nil {
		return domain.Message{}, err
	}
	head, err := uc.heads.Head(ctx, in.Viewer, cid)
	if err != nil {
		return domain.Message{}, fmt.Errorf("read head: %w", err)
	}
	id, err := domain.ParseMessageID(in.ID)
	if err != nil {
		return domain.Message{}, err
	}
	if id.Seq() > head.LastSeq {
		return domain.Message{}, domain.ErrMessageNotFound
	}
	held, _, err := uc.entries.EntryAt(ctx, cid, id.Seq())
	if err != nil {
		return domain.Message{}, fmt.Errorf("read entry: %w", err)
	}
	if !held.Holds(id) {
		return domain.Message{}, domain.ErrMessageNotFound
	}
	m := domain.Message{Pointer: held.Pointer}
	if !in.Full {
		return m, nil
	}
	if m.Body = m.Preview; m.HasMore {
		if m.Body, err = uc.entries.Body(ctx, cid, m.Seq, m.ID); err != nil {
			return domain.Message{}, fmt.Errorf("read body: %w", err)
		}
	}
	return m, nil
}
