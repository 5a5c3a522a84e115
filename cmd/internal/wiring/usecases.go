package wiring

import (
	"go.uber.org/fx"

	"chatsystem/adapters/httpapi"
	"chatsystem/application/chats"
	"chatsystem/application/eventqueue"
	"chatsystem/application/fanout"
	"chatsystem/application/gateway"
	"chatsystem/application/messages"
	"chatsystem/application/users"
	"chatsystem/ports"
)

// userService is the use cases of accounts, sessions and the directory.
var userService = fx.Options(
	fx.Provide(users.NewTokenMint, users.NewPurgeSessions, newUserUseCases),
	background(users.PurgeSessions.Run),
)

type userParts struct {
	fx.In

	Users       ports.UserStore
	Directory   ports.UserDirectory
	Sessions    ports.SessionStore
	Revocations ports.RevocationAnnouncer
	Hasher      ports.PasswordHasher
	Mint        *users.TokenMint
	Life        users.Lifetimes
	UUIDs       ports.UUIDs
	Clock       ports.Clock
}

func newUserUseCases(p userParts) httpapi.UserUseCases {
	return httpapi.UserUseCases{
		Register:       users.NewRegister(p.Users, p.Hasher, p.Mint, p.UUIDs, p.Clock),
		Login:          users.NewLogin(p.Users, p.Sessions, p.Hasher, p.Mint, p.UUIDs, p.Clock),
		Refresh:        users.NewRefresh(p.Users, p.Sessions, p.Revocations, p.Mint, p.Clock),
		Logout:         users.NewLogout(p.Sessions, p.Revocations, p.Mint),
		LogoutAll:      users.NewLogoutAll(p.Sessions, p.Revocations, p.Life),
		GetMe:          users.NewGetMe(p.Users),
		UpdateMe:       users.NewUpdateMe(p.Users),
		ChangePassword: users.NewChangePassword(p.Users, p.Hasher, p.Revocations, p.Life),
		ListSessions:   users.NewListSessions(p.Sessions, p.Clock),
		RevokeSession:  users.NewRevokeSession(p.Sessions, p.Revocations, p.Life),
		LookupUsers:    users.NewLookupUsers(p.Directory),
		SearchUsers:    users.NewSearchUsers(p.Directory),
	}
}

// chatService is the use cases of conversations, members and invites.
var chatService = fx.Provide(newChatUseCases)

type chatParts struct {
	fx.In

	Conversations ports.ConversationStore
	Invites       ports.InviteStore
	Reader        ports.ConversationReader
	Directory     ports.UserDirectory
	Presence      ports.PresenceReader
	Notices       *eventqueue.Notices
	System        chats.System
}

func newChatUseCases(p chatParts) httpapi.ChatUseCases {
	removeMember := chats.NewRemoveMember(p.Conversations, p.Notices)
	return httpapi.ChatUseCases{
		CreateDM:           chats.NewCreateDM(p.Conversations, p.Directory, p.Reader, p.Notices, p.System),
		CreateGroup:        chats.NewCreateGroup(p.Conversations, p.Directory, p.Reader, p.Notices, p.System),
		ListConversations:  chats.NewListConversations(p.Reader),
		GetConversation:    chats.NewGetConversation(p.Reader),
		RenameConversation: chats.NewRenameConversation(p.Conversations, p.Reader, p.Notices),
		ListMembers:        chats.NewListMembers(p.Reader, p.Presence),
		RemoveMember:       removeMember,
		LeaveConversations: chats.NewLeaveConversations(removeMember),
		SetRole:            chats.NewSetRole(p.Conversations, p.Reader, p.Presence, p.Notices),
		InviteMember:       chats.NewInviteMember(p.Invites, p.Notices, p.System),
		JoinConversation:   chats.NewJoinConversation(p.Invites, p.Reader, p.Notices, p.System.Clock),
		ListInvites:        chats.NewListInvites(p.Invites),
		DeclineInvite:      chats.NewDeclineInvite(p.Invites, p.System.Clock),
	}
}

// messageService is the use cases of messages, and what works behind them.
var messageService = fx.Options(
	fx.Provide(messages.NewAnnouncer, messages.NewReconcile, newMessageUseCases),
	background((*messages.Announcer).Run),
	background((*messages.Reconcile).Run),
	fx.Invoke(watchMessages),
)

type messageParts struct {
	fx.In

	Log       ports.MessageLog
	Announcer *messages.Announcer
	Heads     ports.HeadReader
	Entries   ports.MessageReader
	ReadMarks ports.ReadMarks
	Notices   *eventqueue.Notices
}

func newMessageUseCases(p messageParts) httpapi.MessageUseCases {
	return httpapi.MessageUseCases{
		Send:     messages.NewSend(p.Log, p.Announcer),
		History:  messages.NewHistory(p.Heads, p.Entries),
		Get:      messages.NewGet(p.Heads, p.Entries),
		MarkRead: messages.NewMarkRead(p.ReadMarks, p.Notices),
	}
}

// notices is the background queue of events that are no messages.
var notices = fx.Options(fx.Provide(eventqueue.NewNotices), background((*eventqueue.Notices).Run), fx.Invoke(watchNotices))

// fanoutWorker routes events to gateways.
var fanoutWorker = fx.Options(
	fx.Provide(fanout.NewRecipients, fanout.NewRoute),
	background((*fanout.Route).Run),
	fx.Invoke(watchFanout),
)

// gatewayService authenticates connections, keeps their presence and hands them events.
var gatewayService = fx.Options(
	fx.Provide(
		gateway.NewConnections, gateway.NewPresence, gateway.NewAccept, gateway.NewAuthenticate, gateway.NewDisconnect,
		gateway.NewDeliver, gateway.NewExpire,
	),
	background((*gateway.Presence).Run),
	background((*gateway.Expire).Run),
	background(receive),
	fx.Invoke(watchGateway),
)
