package httpapi

import (
	"context"

	"chatsystem/adapters/httpapi/openapi/chatsapi"
	"chatsystem/application/chats"
)

func (h chatHandlers) ListMembers(ctx context.Context, r chatsapi.ListMembersRequestObject) (chatsapi.ListMembersResponseObject, error) {
	members, err := h.uc.ListMembers.Execute(ctx, callerOf(ctx).User, r.ConversationID)
	if err != nil {
		return nil, err
	}
	return chatsapi.ListMembers200JSONResponse(encodeAll(members, member)), nil
}

func (h chatHandlers) RemoveMember(ctx context.Context, r chatsapi.RemoveMemberRequestObject) (chatsapi.RemoveMemberResponseObject, error) {
	if err := h.uc.RemoveMember.Execute(ctx, callerOf(ctx).User, r.ConversationID, r.UserID); err != nil {
		return nil, err
	}
	return chatsapi.RemoveMember204Response{}, nil
}

func (h chatHandlers) LeaveConversations(ctx context.Context, r chatsapi.LeaveConversationsRequestObject) (chatsapi.LeaveConversationsResponseObject, error) {
	departures, err := h.uc.LeaveConversations.Execute(ctx, callerOf(ctx).User, r.Body.ConversationIds)
	if err != nil {
		return nil, err
	}
	return chatsapi.LeaveConversations200JSONResponse(encodeAll(departures, departure)), nil
}

func (h chatHandlers) SetMemberRole(ctx context.Context, r chatsapi.SetMemberRoleRequestObject) (chatsapi.SetMemberRoleResponseObject, error) {
	m, err := h.uc.SetRole.Execute(ctx, chats.SetRoleInput{
		Actor: callerOf(ctx).User, Conversation: r.ConversationID, Target: r.UserID, Role: string(r.Body.Role),
	})
	if err != nil {
		return nil, err
	}
	return chatsapi.SetMemberRole200JSONResponse(member(m)), nil
}

func (h chatHandlers) InviteMember(ctx context.Context, r chatsapi.InviteMemberRequestObject) (chatsapi.InviteMemberResponseObject, error) {
	out, err := h.uc.InviteMember.Execute(ctx, callerOf(ctx).User, r.ConversationID, r.Body.UserID)
	if err != nil {
		return nil, err
	}
	if out.Created {
		return chatsapi.InviteMember201JSONResponse(inviteState(out.Invite)), nil
	}
	return chatsapi.InviteMember200JSONResponse(inviteState(out.Invite)), nil
}

func (h chatHandlers) JoinConversation(ctx context.Context, r chatsapi.JoinConversationRequestObject) (chatsapi.JoinConversationResponseObject, error) {
	view, err := h.uc.JoinConversation.Execute(ctx, callerOf(ctx).User, r.ConversationID, r.Body.InviteID)
	if err != nil {
		return nil, err
	}
	return chatsapi.JoinConversation200JSONResponse(conversation(view)), nil
}

func (h chatHandlers) ListInvites(ctx context.Context, _ chatsapi.ListInvitesRequestObject) (chatsapi.ListInvitesResponseObject, error) {
	invites, err := h.uc.ListInvites.Execute(ctx, callerOf(ctx).User)
	if err != nil {
		return nil, err
	}
	return chatsapi.ListInvites200JSONResponse(encodeAll(invites, invite)), nil
}

func (h chatHandlers) DeclineInvite(ctx context.Context, r chatsapi.DeclineInviteRequestObject) (chatsapi.DeclineInviteResponseObject, error) {
	i, err := h.uc.DeclineInvite.Execute(ctx, callerOf(ctx).User, r.InviteID)
	if err != nil {
		return nil, err
	}
	return chatsapi.DeclineInvite200JSONResponse(inviteState(i)), nil
}
