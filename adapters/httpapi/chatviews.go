package httpapi

import (
	"chatsystem/adapters/httpapi/openapi/chatsapi"
	"chatsystem/application/chats"
	"chatsystem/domain"
)

func conversation(v domain.ConversationView) chatsapi.Conversation {
	c := chatsapi.Conversation{
		ConversationID: string(v.ID), Type: chatsapi.ConversationType(v.Type), CreatedBy: string(v.CreatedBy), CreatedAt: v.CreatedAt,
		Role: chatsapi.Role(v.Role), MembersVersion: v.MembersVersion,
		LastSeq: int64(v.LastSeq), SettledSeq: int64(v.Read.Settled), JoinedSeq: int64(v.JoinedSeq),
		LastReadSeq: int64(v.Read.LastRead), UnreadCount: v.Read.Unread,
	}
	if v.Type == domain.Group {
		c.Title = &v.Title
	}
	if v.Peer != nil {
		c.Peer = new(chatUserName(*v.Peer))
	}
	if v.Last != nil {
		c.LastMessageAt, c.LastSenderID = &v.Last.At, new(string(v.Last.Sender))
		c.LastPreview, c.LastHasMore = v.Last.Preview, v.Last.HasMore
	}
	return c
}

func member(m domain.MemberView) chatsapi.Member {
	return chatsapi.Member{
		UserID: string(m.UserID), Username: m.Username, Role: chatsapi.Role(m.Role), Online: m.Online,
		LastReadSeq: int64(m.LastRead), JoinedAt: m.JoinedAt,
	}
}

func invite(i domain.InviteView) chatsapi.Invite {
	return chatsapi.Invite{
		InviteID: string(i.ID), ConversationID: string(i.Conversation), Title: i.Title, MemberCount: i.MemberCount,
		InvitedBy: chatUserName(i.InvitedByName), Status: chatsapi.InviteStatus(i.Status), CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt,
	}
}

func departure(d chats.Departure) chatsapi.Departure {
	out := chatsapi.Departure{ConversationID: string(d.Conversation), Outcome: chatsapi.LEFT}
	switch {
	case d.NotMember:
		out.Outcome = chatsapi.NOTAMEMBER
	case d.Fault != nil:
		out.Outcome, out.Code, out.Detail = chatsapi.FAILED, &d.Fault.Code, &d.Fault.Detail
	}
	return out
}

func inviteState(i domain.Invite) chatsapi.InviteState {
	return chatsapi.InviteState{
		InviteID: string(i.ID), ConversationID: string(i.Conversation), UserID: string(i.Invited),
		Status: chatsapi.InviteStatus(i.Status), CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt,
	}
}

func chatUserName(u domain.UserName) chatsapi.UserName {
	return chatsapi.UserName{UserID: string(u.ID), Username: u.Username}
}
