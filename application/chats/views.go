package chats

import (
	"context"
	"fmt"

	"chatsystem/domain"
	"chatsystem/ports"
)

// ListConversations shows a user their conversations.
type ListConversations struct{ reader ports.ConversationReader }

// NewListConversations returns the use case.
func NewListConversations(reader ports.ConversationReader) *ListConversations {
	return &ListConversations{reader}
}

// ListInput asks for one page of the list; Limit nil is the default, an empty Cursor the beginning.
type ListInput struct {
	Viewer domain.UserID
	Limit  *int
	Cursor string
}

// ConversationPage is one page of the list; Next is empty on the last one.
type ConversationPage struct {
	Conversations []domain.ConversationView
	Next          string
}

// Execute returns the conversations, newest first.
func (uc *ListConversations) Execute(ctx context.Context, in ListInput) (ConversationPage, error) {
	limit := domain.DefaultPageLimit
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > domain.MaxPageLimit {
		return ConversationPage{}, domain.Invalid("limit", "range", "limit must be 1 to %d.", domain.MaxPageLimit)
	}
	var after domain.ListCursor
	if in.Cursor != "" {
		var err error
		if after, err = domain.ParseListCursor(in.Cursor); err != nil {
			return ConversationPage{}, err
		}
	}
	views, err := uc.reader.ListConversations(ctx, in.Viewer, after, limit+1)
	if err != nil {
		return ConversationPage{}, fmt.Errorf("list conversations: %w", err)
	}
	page := ConversationPage{Conversations: views}
	if len(views) > limit {
		page.Conversations = views[:limit]
		last := views[limit-1]
		page.Next = domain.ListCursor{At: last.SortTime(), ID: last.ID}.String()
	}
	return page, nil
}

// GetConversation shows a member one conversation.
type GetConversation struct{ reader ports.ConversationReader }

// NewGetConversation returns the use case.
func NewGetConversation(reader ports.ConversationReader) *GetConversation {
	return &GetConversation{reader}
}

// Execute returns the conversation; conversation_not_found for everybody else.
func (uc *GetConversation) Execute(ctx context.Context, viewer domain.UserID, id string) (domain.ConversationView, error) {
	cid, err := domain.ParseConversationID(id)
	if err != nil {
		return domain.ConversationView{}, err
	}
	v, err := uc.reader.ViewConversation(ctx, viewer, cid)
	if err != nil {
		return domain.ConversationView{}, fmt.Errorf("view conversation: %w", err)
	}
	return v, nil
}

// ListMembers shows the members of a conversation.
type ListMembers struct {
	reader   ports.ConversationReader
	presence ports.PresenceReader
}

// NewListMembers returns the use case.
func NewListMembers(reader ports.ConversationReader, presence ports.PresenceReader) *ListMembers {
	return &ListMembers{reader, presence}
}

// Execute returns the active members, longest-standing first. While presence cannot be read, everybody shows as offline.
func (uc *ListMembers) Execute(ctx context.Context, viewer domain.UserID, id string) ([]domain.MemberView, error) {
	cid, err := domain.ParseConversationID(id)
	if err != nil {
		return nil, err
	}
	members, err := uc.reader.ViewMembers(ctx, viewer, cid)
	if err != nil {
		return nil, fmt.Errorf("view members: %w", err)
	}
	markOnline(ctx, uc.presence, members)
	return members, nil
}

// markOnline says who is connected. While presence cannot be read nobody shows as online: it is a courtesy, and the list
// is right without it.
func markOnline(ctx context.Context, presence ports.PresenceReader, members []domain.MemberView) {
	users := make([]domain.UserID, len(members))
	for i, m := range members {
		users[i] = m.UserID
	}
	online, err := presence.Online(ctx, users)
	if err != nil {
		return
	}
	for i := range members {
		members[i].Online = online[members[i].UserID]
	}
}
