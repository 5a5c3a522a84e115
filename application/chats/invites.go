package chats

import (
	"context"
	"fmt"

	"chatsystem/application/eventqueue"
	"chatsystem/domain"
	"chatsystem/ports"
)

// InviteMember invites a user to a group.
type InviteMember struct {
	invites ports.InviteStore
	notices *eventqueue.Notices
	system  System
}

// NewInviteMember returns the use case.
func NewInviteMember(i ports.InviteStore, n *eventqueue.Notices, s System) *InviteMember {
	return &InviteMember{i, n, s}
}

// Invited is an invite and whether this call made it.
type Invited struct {
	Invite  domain.Invite
	Created bool
}

// Execute invites the user; a pending invite is returned as it is: admin_only, dm_conversation, already_member,
// user_not_found.
func (uc *InviteMember) Execute(ctx context.Context, actor domain.UserID, id, user string) (Invited, error) {
	cid, err := domain.ParseConversationID(id)
	if err != nil {
		return Invited{}, err
	}
	invited, err := domain.ParseUserID("user_id", user)
	if err != nil {
		return Invited{}, err
	}
	var title string
	invite := domain.NewInvite(domain.InviteID(uc.system.UUIDs()), cid, invited, actor, uc.system.Clock())
	invite, created, err := uc.invites.OpenInvite(ctx, invite, func(c *domain.Conversation) error {
		title = c.Snapshot().Title
		return c.CheckInvite(actor, invited)
	})
	if err != nil {
		return Invited{}, fmt.Errorf("open invite: %w", err)
	}
	if created {
		uc.notices.Offer(ctx, inviteNew(invite, title))
	}
	return Invited{Invite: invite, Created: created}, nil
}

// JoinConversation accepts an invite.
type JoinConversation struct {
	invites ports.InviteStore
	reader  ports.ConversationReader
	notices *eventqueue.Notices
	clock   ports.Clock
}

// NewJoinConversation returns the use case.
func NewJoinConversation(i ports.InviteStore, r ports.ConversationReader, n *eventqueue.Notices, clock ports.Clock) *JoinConversation {
	return &JoinConversation{i, r, n, clock}
}

// Execute joins the group and returns it, again while a member: invite_not_found, invite_used, invite_expired,
// group_full. The first user who joins a group that everybody has left becomes its admin.
func (uc *JoinConversation) Execute(ctx context.Context, user domain.UserID, id, invite string) (domain.ConversationView, error) {
	if !domain.IsUUID(invite) {
		return domain.ConversationView{}, domain.Invalid("invite_id", "not_an_id", "invite_id must be the id of an invite (a lower-case UUID).")
	}
	var before domain.ConversationSnapshot
	after, err := uc.invites.ChangeInvite(ctx, domain.InviteID(invite), func(c *domain.Conversation, i *domain.Invite) error {
		if string(c.ID()) != id {
			return domain.ErrInviteNotFound
		}
		before = c.Snapshot()
		return c.Join(i, user, uc.clock())
	})
	if err != nil {
		return domain.ConversationView{}, fmt.Errorf("join: %w", err)
	}
	changes := domain.DiffMembers(before.Members, after.Members)
	for _, m := range changes.Joined {
		uc.notices.Offer(ctx, memberJoined(after, m))
	}
	for _, promoted := range changes.Changed {
		uc.notices.Offer(ctx, roleChanged(after, promoted.UserID, promoted.Role))
	}
	v, err := uc.reader.ViewConversation(ctx, user, after.ID)
	if err != nil {
		return domain.ConversationView{}, fmt.Errorf("view conversation: %w", err)
	}
	return v, nil
}

// ListInvites shows a user their open invites.
type ListInvites struct{ invites ports.InviteStore }

// NewListInvites returns the use case.
func NewListInvites(i ports.InviteStore) *ListInvites { return &ListInvites{i} }

// Execute returns the open invites, newest first.
func (uc *ListInvites) Execute(ctx context.Context, user domain.UserID) ([]domain.InviteView, error) {
	v, err := uc.invites.PendingInvites(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("pending invites: %w", err)
	}
	return v, nil
}

// DeclineInvite closes an invite without joining.
type DeclineInvite struct {
	invites ports.InviteStore
	clock   ports.Clock
}

// NewDeclineInvite returns the use case.
func NewDeclineInvite(i ports.InviteStore, clock ports.Clock) *DeclineInvite {
	return &DeclineInvite{i, clock}
}

// Execute declines and returns the invite; declining again changes nothing: invite_not_found, invite_used,
// invite_expired.
func (uc *DeclineInvite) Execute(ctx context.Context, user domain.UserID, id string) (domain.Invite, error) {
	if !domain.IsUUID(id) {
		return domain.Invite{}, domain.ErrInviteNotFound
	}
	var declined domain.Invite
	_, err := uc.invites.ChangeInvite(ctx, domain.InviteID(id), func(_ *domain.Conversation, i *domain.Invite) error {
		if err := i.Decline(user, uc.clock()); err != nil {
			return err
		}
		declined = *i
		return nil
	})
	if err != nil {
		return domain.Invite{}, fmt.Errorf("decline invite: %w", err)
	}
	return declined, nil
}
