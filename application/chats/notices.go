package chats

import "chatsystem/domain"

func conversationNew(c domain.ConversationSnapshot) domain.Event {
	return domain.NewEvent(domain.EventConversationNew, c.ID, true, c.MembersVersion, nil, domain.ConversationPayload{
		ConversationID: c.ID, Type: c.Type, Title: c.Title, MembersVersion: c.MembersVersion,
	})
}

func renamed(c domain.ConversationSnapshot) domain.Event {
	return domain.NewEvent(domain.EventConversationUpdated, c.ID, true, c.MembersVersion, nil, domain.ConversationPayload{
		ConversationID: c.ID, Type: c.Type, Title: c.Title, MembersVersion: c.MembersVersion,
	})
}

func roleChanged(c domain.ConversationSnapshot, user domain.UserID, role domain.Role) domain.Event {
	return domain.NewEvent(domain.EventConversationUpdated, c.ID, true, c.MembersVersion, nil, domain.ConversationPayload{
		ConversationID: c.ID, Type: c.Type, UserID: user, Role: role, MembersVersion: c.MembersVersion,
	})
}

func memberJoined(c domain.ConversationSnapshot, m domain.Membership) domain.Event {
	return domain.NewEvent(domain.EventMemberJoined, c.ID, true, c.MembersVersion, nil, domain.MemberPayload{
		ConversationID: c.ID, UserID: m.UserID, Role: m.Role, MembersVersion: c.MembersVersion,
	})
}

// memberLeft also goes to who left: their other devices must drop the conversation.
func memberLeft(c domain.ConversationSnapshot, user domain.UserID) domain.Event {
	return domain.NewEvent(domain.EventMemberLeft, c.ID, true, c.MembersVersion, []domain.UserID{user}, domain.MemberPayload{
		ConversationID: c.ID, UserID: user, MembersVersion: c.MembersVersion,
	})
}

func inviteNew(i domain.Invite, title string) domain.Event {
	return domain.NewEvent(domain.EventInviteNew, i.Conversation, false, 0, []domain.UserID{i.Invited}, domain.InvitePayload{
		InviteID: i.ID, ConversationID: i.Conversation, Title: title, InvitedBy: i.InvitedBy, ExpiresAt: i.ExpiresAt,
	})
}
