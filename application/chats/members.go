package chats

import (
	"context"
	"fmt"
	"slices"

	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// RenameConversation gives a group another title.
type RenameConversation struct {
	conversations ports.ConversationStore
	reader        ports.ConversationReader
	notices       *eventqueue.Notices
}

// NewRenameConversation returns the use case.
func NewRenameConversation(c ports.ConversationStore, r ports.ConversationReader, n *eventqueue.Notices) *RenameConversation {
	return &RenameConversation{c, r, n}
}

// Execute renames the group and returns it: admin_only, dm_conversation, validation_failed.
func (uc *RenameConversation) Execute(ctx context.Context, actor domain.UserID, id, title string) (domain.ConversationView, error) {
	cid, err := domain.ParseConversationID(id)
	if err != nil {
		return domain.ConversationView{}, err
	}
	after, err := uc.conversations.ChangeConversation(ctx, cid, func(c *domain.Conversation) error {
		return c.Rename(actor, title)
	})
	if err != nil {
		return domain.ConversationView{}, fmt.Errorf("rename: %w", err)
	}
	uc.notices.Offer(ctx, renamed(after))
	v, err := uc.reader.ViewConversation(ctx, actor, cid)
	if err != nil {
		return domain.ConversationView{}, fmt.Errorf("view conversation: %w", err)
	}
	return v, nil
}

// RemoveMember takes a member out of a group, or lets them leave.
type RemoveMember struct {
	conversations ports.ConversationStore
	notices       *eventqueue.Notices
}

// NewRemoveMember returns the use case.
func NewRemoveMember(c ports.ConversationStore, n *eventqueue.Notices) *RemoveMember {
	return &RemoveMember{c, n}
}

// Execute removes target: admin_only, dm_conversation, member_not_found. Nothing sent after it returned reaches
// target. When the last admin leaves, the longest-standing member becomes admin.
func (uc *RemoveMember) Execute(ctx context.Context, actor domain.UserID, id, target string) error {
	cid, err := domain.ParseConversationID(id)
	if err != nil {
		return err
	}
	var before domain.ConversationSnapshot
	after, err := uc.conversations.ChangeConversation(ctx, cid, func(c *domain.Conversation) error {
		before = c.Snapshot()
		return c.Remove(actor, domain.UserID(target))
	})
	if err != nil {
		return fmt.Errorf("remove member: %w", err)
	}
	uc.notices.Offer(ctx, memberLeft(after, domain.UserID(target)))
	for _, promoted := range domain.DiffMembers(before.Members, after.Members).Changed {
		uc.notices.Offer(ctx, roleChanged(after, promoted.UserID, promoted.Role))
	}
	return nil
}

// SetRole makes a member admin, or no longer.
type SetRole struct {
	conversations ports.ConversationStore
	reader        ports.ConversationReader
	presence      ports.PresenceReader
	notices       *eventqueue.Notices
}

// NewSetRole returns the use case.
func NewSetRole(c ports.ConversationStore, r ports.ConversationReader, p ports.PresenceReader, n *eventqueue.Notices) *SetRole {
	return &SetRole{c, r, p, n}
}

// SetRoleInput names who gets which role.
type SetRoleInput struct {
	Actor        domain.UserID
	Conversation string
	Target       string
	Role         string
}

// Execute changes the role and returns the member: admin_only, dm_conversation, member_not_found, last_admin.
func (uc *SetRole) Execute(ctx context.Context, in SetRoleInput) (domain.MemberView, error) {
	cid, err := domain.ParseConversationID(in.Conversation)
	if err != nil {
		return domain.MemberView{}, err
	}
	role, err := domain.ParseRole(in.Role)
	if err != nil {
		return domain.MemberView{}, err
	}
	target := domain.UserID(in.Target)
	var before int64
	after, err := uc.conversations.ChangeConversation(ctx, cid, func(c *domain.Conversation) error {
		before = c.Snapshot().MembersVersion
		return c.SetRole(in.Actor, target, role)
	})
	if err != nil {
		return domain.MemberView{}, fmt.Errorf("set role: %w", err)
	}
	if after.MembersVersion != before {
		uc.notices.Offer(ctx, roleChanged(after, target, role))
	}
	members, err := uc.reader.ViewMembers(ctx, in.Actor, cid)
	if err != nil {
		return domain.MemberView{}, fmt.Errorf("view members: %w", err)
	}
	i := slices.IndexFunc(members, func(m domain.MemberView) bool { return m.UserID == target })
	if i < 0 {
		return domain.MemberView{}, domain.ErrMemberNotFound // removed in between
	}
	markOnline(ctx, uc.presence, members[i:i+1])
	return members[i], nil
}
