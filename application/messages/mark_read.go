package messages

import (
	"context"
	"fmt"

	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// MarkRead records how far a member has read.
type MarkRead struct {
	marks   ports.ReadMarks
	notices *eventqueue.Notices
}

// NewMarkRead returns the use case.
func NewMarkRead(marks ports.ReadMarks, notices *eventqueue.Notices) *MarkRead {
	return &MarkRead{marks, notices}
}

// Execute moves the mark forward to seq, at most to last_seq, and returns where it is. The reader's other devices hear of
// it, and in a DM the other person. conversation_not_found, validation_failed.
func (uc *MarkRead) Execute(ctx context.Context, user domain.UserID, conversation string, seq int64) (domain.ReadMark, error) {
	cid, err := domain.ParseConversationID(conversation)
	if err != nil {
		return domain.ReadMark{}, err
	}
	if seq < 1 {
		return domain.ReadMark{}, domain.Invalid("last_read_seq", "range", "last_read_seq must be 1 or more.")
	}
	mark, moved, peer, err := uc.marks.MarkRead(ctx, user, cid, domain.Seq(seq))
	if err != nil {
		return domain.ReadMark{}, fmt.Errorf("mark read: %w", err)
	}
	if moved {
		uc.notify(ctx, user, cid, mark, peer)
	}
	return mark, nil
}

func (uc *MarkRead) notify(ctx context.Context, user domain.UserID, c domain.ConversationID, mark domain.ReadMark, peer domain.UserID) {
	p := domain.ReadPayload{ConversationID: c, UserID: user, LastReadSeq: mark.LastRead}
	if peer != "" {
		uc.notices.Offer(ctx, domain.NewEvent(domain.EventReadUpdated, c, false, 0, []domain.UserID{peer}, p))
	}
	p.UnreadCount, p.SettledSeq = &mark.Unread, &mark.Settled
	uc.notices.Offer(ctx, domain.NewEvent(domain.EventReadUpdated, c, false, 0, []domain.UserID{user}, p))
}
