package domain

import (
	"bytes"
	"encoding/json"
	"time"
)

// EventName is the name under which clients receive an event.
type EventName string

// The events that reach clients through fan-out.
const (
	EventMessageNew          EventName = "message:new"
	EventConversationNew     EventName = "conversation:new"
	EventConversationUpdated EventName = "conversation:updated"
	EventMemberJoined        EventName = "member:joined"
	EventMemberLeft          EventName = "member:left"
	EventInviteNew           EventName = "invite:new"
	EventReadUpdated         EventName = "read:updated"
)

// Event is something that happened, on its way to the connections of those it concerns. It is immutable and encoded
// once: every hop passes Payload on unread.
type Event struct {
	Name EventName
	// Conversation orders events: those of one conversation keep their order. It is also whose members receive the
	// event when ToMembers is set.
	Conversation ConversationID
	// Seq is the message's place in its conversation's log; 0 for every other event.
	Seq Seq
	// ToMembers sends the event to the active members, as of MembersVersion or later.
	ToMembers      bool
	MembersVersion int64
	// To adds single receivers: somebody just removed, an invited user, one's own other devices.
	To      []UserID
	Payload json.RawMessage
	// CreatedAt is the message's, so that every hop can tell how old the event is; zero for every other event.
	CreatedAt time.Time
	// Trace is the step that the next hop goes on from, if the event is traced.
	Trace Trace
}

// PointerPayload is the payload of message:new, the shape of a message everywhere on the wire.
type PointerPayload struct {
	ConversationID ConversationID `json:"conversation_id"`
	MessageID      MessageID      `json:"message_id"`
	Seq            Seq            `json:"seq"`
	SenderID       UserID         `json:"sender_id"`
	CreatedAt      time.Time      `json:"created_at"`
	Preview        string         `json:"preview"`
	HasMore        bool           `json:"has_more"`
	ClientMsgID    string         `json:"client_msg_id"`
}

// ConversationPayload is the payload of conversation:new and of conversation:updated, which carries what changed: the
// title, or a member's role.
type ConversationPayload struct {
	ConversationID ConversationID   `json:"conversation_id"`
	Type           ConversationType `json:"type"`
	Title          string           `json:"title,omitempty"`
	UserID         UserID           `json:"user_id,omitempty"`
	Role           Role             `json:"role,omitempty"`
	MembersVersion int64            `json:"members_version"`
}

// MemberPayload is the payload of member:joined and member:left.
type MemberPayload struct {
	ConversationID ConversationID `json:"conversation_id"`
	UserID         UserID         `json:"user_id"`
	Role           Role           `json:"role,omitempty"`
	MembersVersion int64          `json:"members_version"`
}

// InvitePayload is the payload of invite:new.
type InvitePayload struct {
	InviteID       InviteID       `json:"invite_id"`
	ConversationID ConversationID `json:"conversation_id"`
	Title          string         `json:"title"`
	InvitedBy      UserID         `json:"invited_by"`
	ExpiresAt      time.Time      `json:"expires_at"`
}

// ReadPayload is the payload of read:updated. The counts go to the reader's own devices only.
type ReadPayload struct {
	ConversationID ConversationID `json:"conversation_id"`
	UserID         UserID         `json:"user_id"`
	LastReadSeq    Seq            `json:"last_read_seq"`
	UnreadCount    *int64         `json:"unread_count,omitempty"`
	SettledSeq     *Seq           `json:"settled_seq,omitempty"`
}

// MessageNew is the event that announces a message to the members of its conversation.
func MessageNew(p Pointer) Event {
	return Event{
		Name: EventMessageNew, Conversation: p.Conversation, Seq: p.Seq, ToMembers: true, MembersVersion: p.MembersVersion,
		CreatedAt: p.CreatedAt,
		Payload: encodePayload(PointerPayload{
			ConversationID: p.Conversation, MessageID: p.ID, Seq: p.Seq, SenderID: p.Sender, CreatedAt: p.CreatedAt,
			Preview: p.Preview, HasMore: p.HasMore, ClientMsgID: p.ClientMsgID,
		}),
	}
}

// NewEvent is any other event of a conversation, to its members and to single users.
func NewEvent(name EventName, c ConversationID, toMembers bool, version int64, to []UserID, payload any) Event {
	return Event{Name: name, Conversation: c, ToMembers: toMembers, MembersVersion: version, To: to, Payload: encodePayload(payload)}
}

// encodePayload marshals one of the payload types above, which cannot fail, without HTML escapes.
func encodePayload(payload any) json.RawMessage {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(payload); err != nil {
		panic("domain: payload: " + err.Error())
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
