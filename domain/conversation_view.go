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

// ListMark is a moment in the history of a store: which conversations have moved in lists since. Zero is no mark.
type ListMark int64

// ConversationList is a page of a list, and the mark of the moment it was read in.
type ConversationList struct {
	Views []ConversationView
	Mark  ListMark
}

// ListCursor is a place in a list of conversations. The zero cursor is the beginning.
//
// A conversation that moves to the front while the pages are read would be passed by. So a reading has two parts: the
// list in its order, what follows the cursor in (time, id), both descending; then, by id, the conversations that may
// have moved since the first page was read. An id does not change, so nothing is passed by in the second part.
type ListCursor struct {
	At    time.Time
	ID    ConversationID
	Since ListMark // when the reading began; zero in a cursor of an earlier release
	Moved bool     // the second part; At is zero
}

// noConversation is below every id.
const noConversation ConversationID = "00000000-0000-0000-0000-000000000000"

// MovedSince returns the beginning of the second part of a reading that began at a mark.
func MovedSince(mark ListMark) ListCursor {
	return ListCursor{ID: noConversation, Since: mark, Moved: true}
}

// movedPart is what the text of a cursor has in the place of a time in the second part.
const movedPart = "moved"

// String returns the cursor as clients carry it, opaque to them.
func (c ListCursor) String() string {
	at := movedPart
	if !c.Moved {
		at = strconv.FormatInt(c.At.UnixMilli(), 10)
	}
	text := at + "." + string(c.ID)
	if c.Since != 0 {
		text += "." + strconv.FormatInt(int64(c.Since), 10)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// ParseListCursor returns the cursor in s, also that of an earlier release.
func ParseListCursor(s string) (ListCursor, error) {
	fault := Invalid("cursor", "format", "cursor must be one that a Link header gave.")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return ListCursor{}, fault
	}
	at, rest, _ := strings.Cut(string(raw), ".")
	id, since, marked := strings.Cut(rest, ".")
	c := ListCursor{ID: ConversationID(id), Moved: at == movedPart}
	if marked {
		mark, err := strconv.ParseInt(since, 10, 64)
		if err != nil || mark == 0 {
			return ListCursor{}, fault
		}
		c.Since = ListMark(mark)
	}
	if !c.Moved {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return ListCursor{}, fault
		}
		c.At = time.UnixMilli(ms).UTC()
	}
	if !IsUUID(id) || c.Moved && !marked || c.String() != s {
		return ListCursor{}, fault
	}
	return c, nil
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
