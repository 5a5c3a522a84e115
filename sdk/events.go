package sdk

import (
	"encoding/json"
	"time"
)

// Event is something other than a message that happened: one of the types of this file. Events are hints, delivered at
// most once and not replayed after a disconnect; the API has the truth.
type Event interface{ event() }

// ConversationCreated tells that the user has got a conversation: was put into a group, or somebody opened a DM.
type ConversationCreated struct {
	ConversationID string           `json:"conversation_id"`
	Type           ConversationType `json:"type"`
	Title          string           `json:"title"`
	MembersVersion int64            `json:"members_version"`
}

// ConversationUpdated tells what changed: the title, or a member's role. The rest is empty.
type ConversationUpdated struct {
	ConversationID string           `json:"conversation_id"`
	Type           ConversationType `json:"type"`
	Title          string           `json:"title"`
	UserID         string           `json:"user_id"`
	Role           Role             `json:"role"`
	MembersVersion int64            `json:"members_version"`
}

// MemberJoined tells that somebody has become a member.
type MemberJoined struct {
	ConversationID string `json:"conversation_id"`
	UserID         string `json:"user_id"`
	Role           Role   `json:"role"`
	MembersVersion int64  `json:"members_version"`
}

// MemberLeft tells that somebody has left or was removed; who was removed gets it, too.
type MemberLeft struct {
	ConversationID string `json:"conversation_id"`
	UserID         string `json:"user_id"`
	MembersVersion int64  `json:"members_version"`
}

// InviteReceived tells that the user is invited to a group.
type InviteReceived struct {
	InviteID       string    `json:"invite_id"`
	ConversationID string    `json:"conversation_id"`
	Title          string    `json:"title"`
	InvitedBy      string    `json:"invited_by"` // a user id
	ExpiresAt      time.Time `json:"expires_at"`
}

// ReadUpdated tells how far somebody has read: the user on another device, or the other person of a DM.
type ReadUpdated struct {
	ConversationID string `json:"conversation_id"`
	UserID         string `json:"user_id"`
	LastReadSeq    int64  `json:"last_read_seq"`
	UnreadCount    *int64 `json:"unread_count"` // of the user's own mark only, else nil
	SettledSeq     *int64 `json:"settled_seq"`  // likewise
}

// UnknownEvent is an event this version of the package has no type for.
type UnknownEvent struct {
	Name    string
	Payload json.RawMessage // the first argument; nil if there is none
}

func (ConversationCreated) event() {}
func (ConversationUpdated) event() {}
func (MemberJoined) event()        {}
func (MemberLeft) event()          {}
func (InviteReceived) event()      {}
func (ReadUpdated) event()         {}
func (UnknownEvent) event()        {}

// decodeEvent returns the typed event, or an UnknownEvent if the name or the payload is not as known.
func decodeEvent(name string, args []json.RawMessage) Event {
	var payload json.RawMessage
	if len(args) > 0 {
		payload = args[0]
	}
	var e Event
	var ok bool
	switch name {
	case "conversation:new":
		e, ok = decodeAs[ConversationCreated](payload)
	case "conversation:updated":
		e, ok = decodeAs[ConversationUpdated](payload)
	case "member:joined":
		e, ok = decodeAs[MemberJoined](payload)
	case "member:left":
		e, ok = decodeAs[MemberLeft](payload)
	case "invite:new":
		e, ok = decodeAs[InviteReceived](payload)
	case "read:updated":
		e, ok = decodeAs[ReadUpdated](payload)
	}
	if !ok {
		return UnknownEvent{Name: name, Payload: payload}
	}
	return e
}

func decodeAs[T Event](payload json.RawMessage) (Event, bool) {
	var e T
	err := json.Unmarshal(payload, &e)
	return e, err == nil
}
