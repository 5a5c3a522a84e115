package domain

import (
	"crypto/sha256"
	"strings"
	"time"
	"unicode/utf8"
)

// Draft is a message that has passed validation and has no place in the log yet.
type Draft struct {
	Conversation ConversationID
	Sender       UserID
	ClientMsgID  string
	Body         string
}

// NewDraft validates what a sender wants to post. All broken rules are reported together.
func NewDraft(sender UserID, conversation ConversationID, clientMsgID, body string) (Draft, error) {
	var faults []FieldFault
	if f := checkClientMsgID(clientMsgID); f != nil {
		faults = append(faults, *f)
	}
	if f := checkBody(body); f != nil {
		faults = append(faults, *f)
	}
	if faults != nil {
		return Draft{}, InvalidFields(faults...)
	}
	return Draft{Conversation: conversation, Sender: sender, ClientMsgID: clientMsgID, Body: body}, nil
}

// BodyHash identifies the text, so that a client_msg_id used again for another text is noticed.
func (d Draft) BodyHash() BodyHash { return sha256.Sum256([]byte(d.Body)) }

// BodyHash is the SHA-256 of a message's text.
type BodyHash [sha256.Size]byte

func checkClientMsgID(id string) *FieldFault {
	fault := &FieldFault{Field: "client_msg_id", Code: "format", Detail: "client_msg_id must be 1 to 64 printable ASCII characters without spaces."}
	if id == "" || len(id) > MaxClientMsgIDBytes {
		return fault
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return fault
		}
	}
	return nil
}

func checkBody(body string) *FieldFault {
	fault := func(code, detail string) *FieldFault { return &FieldFault{Field: "body", Code: code, Detail: detail} }
	switch {
	case !utf8.ValidString(body):
		return fault("encoding", "body must be valid UTF-8.")
	case strings.IndexByte(body, 0) >= 0:
		return fault("nul", "body must not contain the NUL character.")
	case isBlank(body):
		return fault("blank", "body must contain something that can be seen.")
	case utf8.RuneCountInString(body) > MaxBodyChars:
		return fault("too_long", "body must be at most 100,000 characters long.")
	}
	return nil
}

// Pointer is a message without its full text: what events and history carry.
type Pointer struct {
	Conversation   ConversationID
	ID             MessageID
	Seq            Seq
	Sender         UserID
	ClientMsgID    string
	CreatedAt      time.Time
	Preview        string
	HasMore        bool  // the body goes on beyond the preview
	MembersVersion int64 // of the conversation when the seq was allocated
}

// Message is a posted message with its full text. It is immutable.
type Message struct {
	Pointer
	Body string
}

// PostMessage gives a draft its place in the log.
func PostMessage(d Draft, a Allocation) Message {
	preview, more := PreviewOf(d.Body)
	return Message{
		Pointer: Pointer{
			Conversation: d.Conversation, ID: a.MessageID, Seq: a.Seq, Sender: d.Sender, ClientMsgID: d.ClientMsgID,
			CreatedAt: a.CreatedAt, Preview: preview, HasMore: more, MembersVersion: a.MembersVersion,
		},
		Body: d.Body,
	}
}

// StoredTime returns t as every store can keep it: UTC, whole milliseconds.
func StoredTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
