package domain

import (
	"slices"
	"time"
)

// ConversationRecord is all that is kept of a conversation besides the entries of its log, for whoever checks the stores.
type ConversationRecord struct {
	ID      ConversationID
	Type    ConversationType
	DMKey   string // what makes a DM the only one of its pair; empty for a group
	Head    Head
	Last    *LastMessage // what lists show; nil before the first message
	Members []MemberRecord
	Voids   []Seq // that counts leave out, ascending
}

// MemberRecord is an active member and how far they have read.
type MemberRecord struct {
	UserID   UserID
	Role     Role
	JoinedAt time.Time
	LastRead Seq
}

// WithoutAdmin returns the longest-standing member of a group that has members and no admin.
func (r ConversationRecord) WithoutAdmin() (MemberRecord, bool) {
	isAdmin := func(m MemberRecord) bool { return m.Role == RoleAdmin }
	if r.Type == DM || len(r.Members) == 0 || slices.ContainsFunc(r.Members, isAdmin) {
		return MemberRecord{}, false
	}
	return slices.MinFunc(r.Members, func(a, b MemberRecord) int {
		return byStanding(Membership{UserID: a.UserID, JoinedAt: a.JoinedAt}, Membership{UserID: b.UserID, JoinedAt: b.JoinedAt})
	}), true
}

// LogRepair brings what is kept of a conversation's log in line with the entries there are, and gives the group an
// admin.
type LogRepair struct {
	Conversation ConversationID
	Voids        []Seq        // that hold tombstones, or will; their allocations, if there are any, are closed
	LastSeq      Seq          // the counter is lifted to it if it is lower
	Last         *LastMessage // what lists are to show if they show an earlier message; nil: leave them
	Admin        bool         // the longest-standing member becomes admin if the group has members and no admin
	Posted       []Allocation // of messages that are stored above the counter: remembered unless something is for their seq
}
