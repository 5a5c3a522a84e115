package sdk

import "time"

// User is the signed-in user's own account.
type User struct {
	UserID    string    `json:"user_id"`
	Email     string    `json:"email"`
	Username  string    `json:"username"`
	CreatedAt time.Time `json:"created_at"`
}

// UserName is what others may know of a user.
type UserName struct {
	UserID   string `json:"user_id"`
	Username string `json:"username"`
}

// Session is one device or program that is signed in.
type Session struct {
	SessionID    string    `json:"session_id"`
	UserAgent    string    `json:"user_agent"`
	CreatedAt    time.Time `json:"created_at"`
	LastActiveAt time.Time `json:"last_active_at"`
	Current      bool      `json:"current"` // the session of this very client
}

// ConversationType tells direct conversations from groups.
type ConversationType string

// The types of conversations.
const (
	DM    ConversationType = "DM"
	Group ConversationType = "GROUP"
)

// Role is what a member may do.
type Role string

// The roles. An admin renames, invites, removes and appoints.
const (
	Admin   Role = "ADMIN"
	Regular Role = "MEMBER"
)

// Conversation is a conversation as the signed-in member sees it.
type Conversation struct {
	ConversationID string           `json:"conversation_id"`
	Type           ConversationType `json:"type"`
	Title          string           `json:"title"` // empty for a DM
	Peer           *UserName        `json:"peer"`  // the other person of a DM, else nil
	CreatedBy      string           `json:"created_by"`
	CreatedAt      time.Time        `json:"created_at"`
	Role           Role             `json:"role"`
	MembersVersion int64            `json:"members_version"` // grows with every change of the membership

	LastSeq     int64 `json:"last_seq"`      // the newest seq given out; may be ahead of what History shows
	SettledSeq  int64 `json:"settled_seq"`   // up to here every seq is a message or a void
	JoinedSeq   int64 `json:"joined_seq"`    // LastSeq when the member joined
	LastReadSeq int64 `json:"last_read_seq"` // the member's read mark
	UnreadCount int64 `json:"unread_count"`  // messages above LastReadSeq up to SettledSeq

	LastMessageAt time.Time `json:"last_message_at,omitzero"` // zero before the first message
	LastPreview   string    `json:"last_preview"`
	LastHasMore   bool      `json:"last_has_more"`
	LastSenderID  string    `json:"last_sender_id"`
}

// Member is an active member of a conversation.
type Member struct {
	UserID      string    `json:"user_id"`
	Username    string    `json:"username"`
	Role        Role      `json:"role"`
	Online      bool      `json:"online"`
	LastReadSeq int64     `json:"last_read_seq"`
	JoinedAt    time.Time `json:"joined_at"`
}

// Departure is the outcome of leaving one group of several.
type Departure struct {
	ConversationID string           `json:"conversation_id"`
	Outcome        DepartureOutcome `json:"outcome"`
	Code           string           `json:"code,omitempty"`   // with DepartureFailed: CodeDMConversation, or CodeUnavailable: try again
	Detail         string           `json:"detail,omitempty"` // with DepartureFailed: a sentence for people
}

// DepartureOutcome is what became of an attempt to leave a group.
type DepartureOutcome string

// The outcomes of leaving.
const (
	DepartureLeft      DepartureOutcome = "LEFT"
	DepartureNotMember DepartureOutcome = "NOT_A_MEMBER" // before, or there is no such conversation
	DepartureFailed    DepartureOutcome = "FAILED"       // still a member
)

// InviteState is an invite as it stands, for whoever sent or declined it.
type InviteState struct {
	InviteID       string       `json:"invite_id"`
	ConversationID string       `json:"conversation_id"`
	UserID         string       `json:"user_id"` // who is invited
	Status         InviteStatus `json:"status"`
	CreatedAt      time.Time    `json:"created_at"`
	ExpiresAt      time.Time    `json:"expires_at"`
}

// InviteStatus is what became of an invite.
type InviteStatus string

// The statuses of an invite.
const (
	InvitePending  InviteStatus = "PENDING"
	InviteAccepted InviteStatus = "ACCEPTED"
	InviteDeclined InviteStatus = "DECLINED"
	InviteExpired  InviteStatus = "EXPIRED"
)

// Invite is an offer to join a group.
type Invite struct {
	InviteID       string       `json:"invite_id"`
	ConversationID string       `json:"conversation_id"`
	Title          string       `json:"title"`
	MemberCount    int          `json:"member_count"`
	InvitedBy      UserName     `json:"invited_by"`
	Status         InviteStatus `json:"status"`
	CreatedAt      time.Time    `json:"created_at"`
	ExpiresAt      time.Time    `json:"expires_at"`
}

// Message is an entry of a conversation's log.
//
// Lists, history and subscriptions carry the preview form, without Body: when HasMore is false, Preview is the whole
// text; when it is true, [Client.Text] fetches the rest.
type Message struct {
	ConversationID string    `json:"conversation_id"`
	MessageID      string    `json:"message_id"`
	Seq            int64     `json:"seq"` // 1, 2, 3…: the place in the conversation; a seq without a message is a void
	SenderID       string    `json:"sender_id"`
	CreatedAt      time.Time `json:"created_at"`
	Preview        string    `json:"preview"`        // at most 200 code points
	HasMore        bool      `json:"has_more"`       // Preview is not the whole text
	ClientMsgID    string    `json:"client_msg_id"`  // chosen by the sender; one message per sender and id
	Body           string    `json:"body,omitempty"` // the whole text; only from Send and Message
}

// MessagePage is one answer of history.
type MessagePage struct {
	Messages []Message `json:"messages"`  // ascending, whatever the direction of paging
	HasMore  bool      `json:"has_more"`  // there is more in the direction of paging
	NextSeq  int64     `json:"next_seq"`  // the first seq above what the page covers: go on with After(NextSeq-1)
	FirstSeq int64     `json:"first_seq"` // the lowest seq the page covers: go on with Before(FirstSeq)
}

// ReadMark is how far the signed-in user has read a conversation.
type ReadMark struct {
	LastReadSeq int64 `json:"last_read_seq"`
	UnreadCount int64 `json:"unread_count"` // messages above LastReadSeq up to SettledSeq
	SettledSeq  int64 `json:"settled_seq"`
}
