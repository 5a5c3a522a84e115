// Package verify checks that stored data keeps the promises of the system: no acknowledged message is lost (I1), one
// message per client_msg_id (I2), a dense log (I3), exact unread counts (I6), at most 100 members, an admin in every
// group with members and one direct conversation per pair (I7). It reads only; what a restore of a backup broke it can
// mend when it is told to.
//
// A system may go on working meanwhile: what is compared was settled before the comparison began.
package verify

import (
	"fmt"

	"chatsystem/domain"
)

// Violation is a promise that the data does not keep.
type Violation struct {
	Promise      string                `json:"promise"` // I1 to I7; "file" if the file itself is damaged
	Conversation domain.ConversationID `json:"conversation_id"`
	Seq          domain.Seq            `json:"seq,omitempty"` // where in the log; 0: not there
	What         string                `json:"what"`
}

// String returns the violation in a line.
func (v Violation) String() string {
	if v.Conversation == "" {
		return v.Promise + "  " + v.What
	}
	where := "conversation " + string(v.Conversation)
	if v.Seq > 0 {
		where += fmt.Sprintf(" seq %d", v.Seq)
	}
	return v.Promise + "  " + where + ": " + v.What
}

// Report is what was checked and what was found.
type Report struct {
	Conversations int         `json:"conversations"`
	Messages      int         `json:"messages"`
	Voids         int         `json:"voids"`
	Texts         int         `json:"texts"` // of messages that go on beyond their preview, read whole
	Violations    []Violation `json:"violations"`
}

// String returns the report in a line.
func (r Report) String() string {
	return fmt.Sprintf("%d conversations, %d messages, %d voids, %d long texts: %d violations",
		r.Conversations, r.Messages, r.Voids, r.Texts, len(r.Violations))
}

// Found adds a violation.
func (r *Report) Found(promise string, c domain.ConversationID, seq domain.Seq, format string, args ...any) {
	r.Violations = append(r.Violations, Violation{promise, c, seq, fmt.Sprintf(format, args...)})
}

// NoAdmin adds that a group has members and no admin.
func (r *Report) NoAdmin(c domain.ConversationID) {
	r.Found("I7", c, 0, "a group with members and no admin")
}

// Members checks how many active members a conversation has.
func (r *Report) Members(c domain.ConversationID, kind domain.ConversationType, count int) {
	if count > domain.MaxActiveMembers {
		r.Found("I7", c, 0, "%d active members, more than %d", count, domain.MaxActiveMembers)
	}
	if kind == domain.DM && count != 2 {
		r.Found("I7", c, 0, "a direct conversation of %d", count)
	}
}
