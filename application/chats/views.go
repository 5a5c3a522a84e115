package chats

import (
	"context"
	"fmt"
	"slices"

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

// Execute returns the conversations, newest first. The pages that follow show every conversation that was there at the
// first one, unless the viewer has left it: those that moved meanwhile come at the end, perhaps a second time.
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
	list, err := uc.reader.ListConversations(ctx, in.Viewer, after, limit+1)
	if err != nil {
		return ConversationPage{}, fmt.Errorf("list conversations: %w", err)
	}
	page := pageOf(list, after, limit)
	if page.Next != "" || after == (domain.ListCursor{}) || after.Moved {
		return page, nil
	}
	moved := domain.MovedSince(since(list, after))
	room := limit - len(page.Conversations)
	if list, err = uc.reader.ListConversations(ctx, in.Viewer, moved, room+1); err != nil {
		return ConversationPage{}, fmt.Errorf("list moved conversations: %w", err)
	}
	rest := pageOf(list, moved, room)
	shown := map[domain.ConversationID]bool{}
	for _, v := range page.Conversations {
		shown[v.ID] = true
	}
	rest.Conversations = slices.DeleteFunc(rest.Conversations, func(v domain.ConversationView) bool { return shown[v.ID] })
	return ConversationPage{Conversations: append(page.Conversations, rest.Conversations...), Next: rest.Next}, nil
}

// pageOf cuts a list that was asked for with one more than limit.
func pageOf(list domain.ConversationList, after domain.ListCursor, limit int) ConversationPage {
	if len(list.Views) <= limit {
		return ConversationPage{Conversations: list.Views}
	}
	next := domain.ListCursor{ID: after.ID, Since: since(list, after), Moved: after.Moved}
	if limit > 0 {
		next.ID = list.Views[limit-1].ID
		if !after.Moved {
			next.At = list.Views[limit-1].SortTime()
		}
	}
	return ConversationPage{Conversations: list.Views[:limit], Next: next.String()}
}

// since returns when a reading began: with this list, unless the cursor says otherwise.
func since(list domain.ConversationList, after domain.ListCursor) domain.ListMark {
	if after.Since != 0 {
		return after.Since
	}
	return list.Mark
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
