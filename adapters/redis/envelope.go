package redis

import (
	"encoding/json"
	"fmt"
	"strconv"
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

// encode writes what encoding/json would, but that it takes payloads, which are JSON, as they are: this is most of what a
// fan-out worker does.
func encode(e envelope) ([]byte, error) {
	size := 64
	for _, d := range e.Deliveries {
		size += 256 + len(d.Payload) + 40*(len(d.To)+len(d.Users))
	}
	b := strconv.AppendInt(append(make([]byte, 0, size), `{"v":`...), envelopeVersion, 10)
	var err error
	if len(e.Deliveries) > 0 {
		b = append(b, `,"deliveries":[`...)
		for i, d := range e.Deliveries {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendDelivery(b, d); err != nil {
				return nil, fmt.Errorf("redis: encode: %w", err)
			}
		}
		b = append(b, ']')
	}
	b = appendList(b, `,"revoked":`, e.Revoked)
	return append(b, '}'), nil
}

func appendDelivery(b []byte, d delivery) (_ []byte, err error) {
	b = appendString(append(b, `{"name":`...), string(d.Name))
	if d.Conversation != "" {
		b = appendString(append(b, `,"conversation_id":`...), string(d.Conversation))
	}
	if d.Seq != 0 {
		b = strconv.AppendInt(append(b, `,"seq":`...), int64(d.Seq), 10)
	}
	if d.ToMembers {
		b = append(b, `,"to_members":true`...)
	}
	if d.MembersVersion != 0 {
		b = strconv.AppendInt(append(b, `,"members_version":`...), d.MembersVersion, 10)
	}
	b = appendList(b, `,"to":`, d.To)
	if len(d.Payload) > 0 {
		b = append(append(b, `,"payload":`...), d.Payload...)
	}
	b = appendList(b, `,"users":`, d.Users)
	if !d.CreatedAt.IsZero() {
		if b, err = d.CreatedAt.AppendText(append(b, `,"created_at":"`...)); err != nil {
			return nil, err
		}
		b = append(b, '"')
	}
	if d.Trace != "" {
		b = appendString(append(b, `,"trace":`...), string(d.Trace))
	}
	return append(b, '}'), nil
}

// appendList adds a field if there is something in it.
func appendList[T ~string](b []byte, field string, list []T) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(b, field...), '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, string(s))
	}
	return append(b, ']')
}

// appendString quotes ids at once, and leaves what needs escapes to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // never fails for a string
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
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
