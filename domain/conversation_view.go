package domain

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// ConversationView is a conversation as one of its members sees it; all of it is of one snapshot.
type ConversationView struct {
	ID             ConversationID
	Type           ConversationType
	Title          string
	Peer           *UserName // the other person of a DM
	CreatedBy      UserID
	CreatedAt      time.Time
	LastSeq        Seq // allocated; may be ahead of what history shows
	MembersVersion int64
	Role           Role
	JoinedSeq      Seq
	Read           ReadMark
	Last           *LastMessage // nil before the first message
}

// LastMessage is what a conversation list shows of the latest message.
type LastMessage struct {
	ID      MessageID
	Seq     Seq
	Sender  UserID
	At      time.Time
	Preview string
	HasMore bool
}

// SortTime is what lists are ordered by, newest first: the last message, else the creation.
func (v ConversationView) SortTime() time.Time {
	if v.Last != nil {
		return v.Last.At
	}
	return v.CreatedAt
}

// ListCursor is a place in a list of conversations: what follows comes after it in (time, id), both descending. The
// zero cursor is the beginning.
type ListCursor struct {
	At time.Time
	ID ConversationID
}

// String returns the cursor as clients carry it, opaque to them.
func (c ListCursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.At.UnixMilli(), 10) + "." + string(c.ID)))
}

// ParseListCursor returns the cursor in s.
func ParseListCursor(s string) (ListCursor, error) {
	fault := Invalid("cursor", "format", "cursor must be one that a Link header gave.")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return ListCursor{}, fault
	}
	ms, id, ok := strings.Cut(string(raw), ".")
	at, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil || !IsUUID(id) {
		return ListCursor{}, fault
	}
	return ListCursor{At: time.UnixMilli(at).UTC(), ID: ConversationID(id)}, nil
}

// MemberView is a member as other members see it.
type MemberView struct {
	UserID   UserID
	Username string
	Role     Role
	JoinedAt time.Time
	LastRead Seq
	Online   bool
}
