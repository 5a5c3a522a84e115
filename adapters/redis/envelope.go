package redis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

// envelopeVersion is of the form below. Services of the release before and after run side by side during an update: add
// fields rather than change them.
const envelopeVersion = 1

// envelope is one published message: deliveries of one gateway, or the sessions that ended. One with neither is a
// gateway's heartbeat to itself.
type envelope struct {
	Version    int                `json:"v"`
	Deliveries []delivery         `json:"deliveries,omitempty"`
	Revoked    []domain.SessionID `json:"revoked,omitempty"`
}

type delivery struct {
	Name           domain.EventName      `json:"name"`
	Conversation   domain.ConversationID `json:"conversation_id,omitempty"`
	Seq            domain.Seq            `json:"seq,omitempty"`
	ToMembers      bool                  `json:"to_members,omitempty"`
	MembersVersion int64                 `json:"members_version,omitempty"`
	To             []domain.UserID       `json:"to,omitempty"`
	Payload        json.RawMessage       `json:"payload,omitempty"`
	Users          []domain.UserID       `json:"users,omitempty"`
	CreatedAt      time.Time             `json:"created_at,omitzero"`
	Trace          domain.Trace          `json:"trace,omitempty"` // a W3C traceparent
}

func deliveryOf(d ports.Delivery) delivery {
	e := d.Event
	return delivery{e.Name, e.Conversation, e.Seq, e.ToMembers, e.MembersVersion, e.To, e.Payload, d.Users, e.CreatedAt, e.Trace}
}

func (d delivery) port() ports.Delivery {
	return ports.Delivery{
		Event: domain.Event{
			Name: d.Name, Conversation: d.Conversation, Seq: d.Seq, ToMembers: d.ToMembers,
			MembersVersion: d.MembersVersion, To: d.To, Payload: d.Payload,
			CreatedAt: d.CreatedAt, Trace: domain.ParseTrace(string(d.Trace)),
		},
		Users: d.Users,
	}
}

// encode keeps payloads as they are: no HTML escapes.
func encode(e envelope) ([]byte, error) {
	e.Version = envelopeVersion
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("redis: encode: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func decode(message string) (e envelope, err error) {
	if err = json.Unmarshal([]byte(message), &e); err == nil && e.Version != envelopeVersion {
		err = fmt.Errorf("version %d is not known", e.Version)
	}
	if err != nil {
		err = fmt.Errorf("redis: decode: %w", err)
	}
	return e, err
}
