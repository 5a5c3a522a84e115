package chats

import (
	"context"
	"fmt"

	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// CreateDM opens the direct conversation of two people.
type CreateDM struct {
	conversations ports.ConversationStore
	directory     ports.UserDirectory
	reader        ports.ConversationReader
	notices       *eventqueue.Notices
	system        System
}

// NewCreateDM returns the use case.
func NewCreateDM(c ports.ConversationStore, d ports.UserDirectory, r ports.ConversationReader, n *eventqueue.Notices, s System) *CreateDM {
	return &CreateDM{c, d, r, n, s}
}

// System is what a use case takes from its surroundings.
type System struct {
	Clock ports.Clock
	UUIDs ports.UUIDs
}

// Created is a conversation as its creator sees it, and whether this call made it.
type Created struct {
	View    domain.ConversationView
	Created bool
}

// Execute returns the conversation of the caller and the other user, made now if there was none; user_not_found,
// validation_failed for oneself.
func (uc *CreateDM) Execute(ctx context.Context, me domain.UserID, other string) (Created, error) {
	otherID, err := domain.ParseUserID("other_user_id", other)
	if err != nil {
		return Created{}, err
	}
	dm, err := domain.NewDM(domain.ConversationID(uc.system.UUIDs()), me, otherID, uc.system.Clock())
	if err != nil {
		return Created{}, err
	}
	found, err := uc.directory.ExistingUsers(ctx, []domain.UserID{otherID})
	if err != nil {
		return Created{}, fmt.Errorf("find user: %w", err)
	}
	if len(found) == 0 {
		return Created{}, domain.ErrUserNotFound
	}
	id, created, err := uc.conversations.CreateDM(ctx, dm)
	if err != nil {
		return Created{}, fmt.Errorf("create dm: %w", err)
	}
	if created {
		uc.notices.Offer(ctx, conversationNew(dm.Snapshot()))
	}
	view, err := uc.reader.ViewConversation(ctx, me, id)
	if err != nil {
		return Created{}, fmt.Errorf("view dm: %w", err)
	}
	return Created{View: view, Created: created}, nil
}
