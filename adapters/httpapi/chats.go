package httpapi

import (
	"context"
	"net/url"
	"strconv"

	"chatsystem/adapters/httpapi/openapi/chatsapi"
	"chatsystem/application/chats"
)

// ChatUseCases are what the chat service's endpoints drive.
type ChatUseCases struct {
	CreateDM           *chats.CreateDM
	CreateGroup        *chats.CreateGroup
	ListConversations  *chats.ListConversations
	GetConversation    *chats.GetConversation
	RenameConversation *chats.RenameConversation
	ListMembers        *chats.ListMembers
	RemoveMember       *chats.RemoveMember
	LeaveConversations *chats.LeaveConversations
	SetRole            *chats.SetRole
	InviteMember       *chats.InviteMember
	JoinConversation   *chats.JoinConversation
	ListInvites        *chats.ListInvites
	DeclineInvite      *chats.DeclineInvite
}

// ChatRoutes serves the operations tagged chats.
func ChatRoutes(uc ChatUseCases) Routes {
	return func(m *mount) {
		handlers := chatsapi.NewStrictHandlerWithOptions(chatHandlers{uc}, nil, chatsapi.StrictHTTPServerOptions{
			RequestErrorHandlerFunc: m.site.fail, ResponseErrorHandlerFunc: m.site.fail,
		})
		chatsapi.HandlerWithOptions(handlers, chatsapi.ChiServerOptions{BaseRouter: m.api, ErrorHandlerFunc: m.site.failBinding})
	}
}

type chatHandlers struct{ uc ChatUseCases }

var _ chatsapi.StrictServerInterface = chatHandlers{}

func (h chatHandlers) CreateDM(ctx context.Context, r chatsapi.CreateDMRequestObject) (chatsapi.CreateDMResponseObject, error) {
	out, err := h.uc.CreateDM.Execute(ctx, callerOf(ctx).User, r.Body.OtherUserID)
	if err != nil {
		return nil, err
	}
	if out.Created {
		return chatsapi.CreateDM201JSONResponse(conversation(out.View)), nil
	}
	return chatsapi.CreateDM200JSONResponse(conversation(out.View)), nil
}

func (h chatHandlers) CreateGroup(ctx context.Context, r chatsapi.CreateGroupRequestObject) (chatsapi.CreateGroupResponseObject, error) {
	view, err := h.uc.CreateGroup.Execute(ctx, chats.CreateGroupInput{
		Creator: callerOf(ctx).User, Title: r.Body.Title, Members: r.Body.MemberIds,
	})
	if err != nil {
		return nil, err
	}
	return chatsapi.CreateGroup201JSONResponse(conversation(view)), nil
}

func (h chatHandlers) ListConversations(ctx context.Context, r chatsapi.ListConversationsRequestObject) (chatsapi.ListConversationsResponseObject, error) {
	page, err := h.uc.ListConversations.Execute(ctx, chats.ListInput{
		Viewer: callerOf(ctx).User, Limit: r.Params.Limit, Cursor: orEmpty(r.Params.Cursor),
	})
	if err != nil {
		return nil, err
	}
	return chatsapi.ListConversations200JSONResponse{
		Body:    encodeAll(page.Conversations, conversation),
		Headers: chatsapi.ListConversations200ResponseHeaders{Link: nextPage(page.Next, r.Params.Limit)},
	}, nil
}

// nextPage returns the Link header to the page after the cursor, nil if there is none.
func nextPage(cursor string, limit *int) *string {
	if cursor == "" {
		return nil
	}
	query := url.Values{"cursor": {cursor}}
	if limit != nil {
		query.Set("limit", strconv.Itoa(*limit))
	}
	return new("</api/chats/conversations?" + query.Encode() + `>; rel="next"`)
}

func (h chatHandlers) GetConversation(ctx context.Context, r chatsapi.GetConversationRequestObject) (chatsapi.GetConversationResponseObject, error) {
	view, err := h.uc.GetConversation.Execute(ctx, callerOf(ctx).User, r.ConversationID)
	if err != nil {
		return nil, err
	}
	return chatsapi.GetConversation200JSONResponse(conversation(view)), nil
}

func (h chatHandlers) RenameConversation(ctx context.Context, r chatsapi.RenameConversationRequestObject) (chatsapi.RenameConversationResponseObject, error) {
	view, err := h.uc.RenameConversation.Execute(ctx, callerOf(ctx).User, r.ConversationID, r.Body.Title)
	if err != nil {
		return nil, err
	}
	return chatsapi.RenameConversation200JSONResponse(conversation(view)), nil
}
