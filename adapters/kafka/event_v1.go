package kafka

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"chatsystem/domain"
)

// eventV1 is an event as it travels. Fields are only ever added; a change of meaning is a new version, which every
// consumer must understand before any producer writes it.
type eventV1 struct {
	Version        int                   `json:"v"`
	Name           domain.EventName      `json:"name"`
	Conversation   domain.ConversationID `json:"conversation_id"`
	Seq            domain.Seq            `json:"seq,omitempty"`
	ToMembers      bool                  `json:"to_members,omitempty"`
	MembersVersion int64                 `json:"members_version,omitempty"`
	To             []domain.UserID       `json:"to,omitempty"`
	Payload        json.RawMessage       `json:"payload"`
	CreatedAt      time.Time             `json:"created_at,omitzero"`
}

// encodeEvent leaves the payload byte for byte as it is if that is compact, as the domain's payloads are.
func encodeEvent(e domain.Event) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(eventV1{
		Version: 1, Name: e.Name, Conversation: e.Conversation, Seq: e.Seq,
		ToMembers: e.ToMembers, MembersVersion: e.MembersVersion, To: e.To, Payload: e.Payload, CreatedAt: e.CreatedAt,
	})
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// decodeEvent refuses what no producer of this version writes.
func decodeEvent(value []byte) (domain.Event, error) {
	var e eventV1
	if err := json.Unmarshal(value, &e); err != nil {
		return domain.Event{}, fmt.Errorf("decode event: %w", err)
	}
	switch {
	case e.Version != 1:
		return domain.Event{}, fmt.Errorf("decode event: version %d is unknown", e.Version)
	case e.Name == "":
		return domain.Event{}, errors.New("decode event: no name")
	case e.Conversation == "":
		return domain.Event{}, errors.New("decode event: no conversation_id")
	case e.Seq < 0:
		return domain.Event{}, errors.New("decode event: negative seq")
	case len(e.Payload) == 0:
		return domain.Event{}, errors.New("decode event: no payload")
	}
	return domain.Event{
		Name: e.Name, Conversation: e.Conversation, Seq: e.Seq,
		ToMembers: e.ToMembers, MembersVersion: e.MembersVersion, To: e.To, Payload: e.Payload, CreatedAt: e.CreatedAt,
	}, nil
}
