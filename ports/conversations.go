package ports

import (
	"context"

	"chatsystem/domain"
)

// ConversationStore keeps conversations and their members. Every change locks the conversation first, so changes of one
// conversation happen one after another, and a group with members always has an admin.
type ConversationStore interface {
	// CreateDM adds a direct conversation unless the two people have one already; it returns the id of the one there is and
	// whether it was made now. ErrUserNotFound if one of them is no account.
	CreateDM(ctx context.Context, c *domain.Conversation) (id domain.ConversationID, created bool, err error)
	// CreateGroup adds a group with its members. ErrUserNotFound if one of them is no account; ErrTooManyConversations if
	// one is an active member of MaxConversations, as with everything here that adds members, however many requests race.
	CreateGroup(ctx context.Context, c *domain.Conversation) error
	// ChangeConversation runs change on the locked conversation and keeps what it did to title and members; an error from change
	// undoes everything and is returned. Who joins starts with nothing unread. It returns the state
	// afterwards; ErrConversationNotFound.
	ChangeConversation(ctx context.Context, id domain.ConversationID, change func(*domain.Conversation) error) (domain.ConversationSnapshot, error)
}

// InviteStore keeps invites. Its changes lock the conversation first, then the invite.
type InviteStore interface {
	// OpenInvite adds a pending invite if check passes on the locked conversation. A pending one of the same user that is
	// still open at i.CreatedAt is returned instead, with created false. ErrConversationNotFound; ErrUserNotFound if the
	// invited user is no account; ErrTooManyInvites if they have MaxOpenInvites at i.CreatedAt, however many requests
	// race.
	OpenInvite(ctx context.Context, i domain.Invite, check func(*domain.Conversation) error) (invite domain.Invite, created bool, err error)
	// ChangeInvite runs change on the invite and its locked conversation and keeps what it did to both, as
	// ChangeConversation does; ErrInviteNotFound.
	ChangeInvite(ctx context.Context, id domain.InviteID, change func(*domain.Conversation, *domain.Invite) error) (domain.ConversationSnapshot, error)
	// PendingInvites returns the open invites of a user, newest first.
	PendingInvites(ctx context.Context, user domain.UserID) ([]domain.InviteView, error)
}

// ConversationReader shows conversations as their members see them; every answer is of one snapshot.
type ConversationReader interface {
	// ListConversations returns at most limit conversations the viewer is an active member of, after the cursor, newest
	// first: by last message, else creation, both descending with the id. For a cursor of moved ones it returns, by id, at
	// least those whose last message was stored after the cursor's mark was taken. The mark that is returned was taken no
	// later than the page was read; one that the store does not know is older than everything.
	ListConversations(ctx context.Context, viewer domain.UserID, after domain.ListCursor, limit int) (domain.ConversationList, error)
	// ViewConversation returns one; ErrConversationNotFound unless the viewer is an active member.
	ViewConversation(ctx context.Context, viewer domain.UserID, id domain.ConversationID) (domain.ConversationView, error)
	// ViewMembers returns the active members, longest-standing first; ErrConversationNotFound unless the viewer is one. Online is not set.
	ViewMembers(ctx context.Context, viewer domain.UserID, id domain.ConversationID) ([]domain.MemberView, error)
}

// ReadMarks keeps how far members have read.
type ReadMarks interface {
	// MarkRead moves the member's mark forward to seq, at most to last_seq, never back, and returns where it is and whether it
	// moved. peer is the other person of a DM, empty in groups. ErrConversationNotFound unless the user is an active member.
	MarkRead(ctx context.Context, user domain.UserID, id domain.ConversationID, seq domain.Seq) (mark domain.ReadMark, moved bool, peer domain.UserID, err error)
}

// MembershipReader returns who receives conversations' events.
type MembershipReader interface {
	// Members returns the active members of each conversation and their version, read together. An absent conversation is
	// missing from the answer; one that everybody has left is there, without users.
	Members(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error)
}

// MembershipCache keeps member sets for a short time. A set is only ever replaced by one of the same or a later version.
type MembershipCache interface {
	// CachedMembers returns the sets it has, in any order; the rest is missing from the answer.
	CachedMembers(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error)
	// CacheMembers keeps each of the sets for at most a minute.
	CacheMembers(ctx context.Context, sets map[domain.ConversationID]domain.MemberSet) error
}
