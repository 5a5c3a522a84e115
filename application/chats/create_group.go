package chats

import (
	"context"
	"fmt"
	"slices"

	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// CreateGroup makes a private group.
type CreateGroup struct {
	conversations ports.ConversationStore
	directory     ports.UserDirectory
	reader        ports.ConversationReader
	notices       *eventqueue.Notices
	system        System
}

// NewCreateGroup returns the use case.
func NewCreateGroup(c ports.ConversationStore, d ports.UserDirectory, r ports.ConversationReader, n *eventqueue.Notices, s System) *CreateGroup {
	return &CreateGroup{c, d, r, n, s}
}

// CreateGroupInput names the group and who joins at once.
type CreateGroupInput struct {
	Creator domain.UserID
	Title   string
	Members []string
}

// Execute makes the group with the creator as its admin; doubles and the creator among the members are ignored.
// validation_failed names ids of nobody, and too many.
func (uc *CreateGroup) Execute(ctx context.Context, in CreateGroupInput) (domain.ConversationView, error) {
	members, err := uniqueUserIDs(in.Members)
	if err != nil {
		return domain.ConversationView{}, err
	}
	g, err := domain.NewGroup(domain.ConversationID(uc.system.UUIDs()), in.Title, in.Creator, members, uc.system.Clock())
	if err != nil {
		return domain.ConversationView{}, err
	}
	found, err := uc.directory.ExistingUsers(ctx, members)
	if err != nil {
		return domain.ConversationView{}, fmt.Errorf("find members: %w", err)
	}
	if len(found) != len(members) {
		return domain.ConversationView{}, domain.Invalid("member_ids", "unknown_user", "member_ids must name existing users.")
	}
	if err := uc.conversations.CreateGroup(ctx, g); err != nil {
		return domain.ConversationView{}, fmt.Errorf("create group: %w", err)
	}
	uc.notices.Offer(ctx, conversationNew(g.Snapshot()))
	view, err := uc.reader.ViewConversation(ctx, in.Creator, g.ID())
	if err != nil {
		return domain.ConversationView{}, fmt.Errorf("view group: %w", err)
	}
	return view, nil
}

// uniqueUserIDs parses member_ids and drops doubles. It refuses absurd lists before any work is done for them.
func uniqueUserIDs(in []string) ([]domain.UserID, error) {
	const most = 10 * domain.MaxActiveMembers
	if len(in) > most {
		return nil, domain.Invalid("member_ids", "too_many", "A group has at most %d members, you included.", domain.MaxActiveMembers)
	}
	ids := make([]domain.UserID, 0, len(in))
	for _, s := range in {
		id, err := domain.ParseUserID("member_ids", s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
