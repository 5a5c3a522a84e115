package redis

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

func TestEnvelope(t *testing.T) {
	for name, d := range map[string]ports.Delivery{
		"everything is carried": {
			Event: domain.Event{
				Name: domain.EventMemberLeft, Conversation: "c", Seq: domain.MaxSeq, ToMembers: true, MembersVersion: 4,
				To: []domain.UserID{"gone"}, Payload: json.RawMessage(`{"preview":"<b> & \u2028 \\ é😀"}`),
				CreatedAt: time.Date(2026, 1, 7, 12, 34, 56, 789e6, time.UTC),
				Trace:     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
			},
			Users: []domain.UserID{"anna", "bob"},
		},
		"nothing stays nothing": {},
		"what needs escapes": {
			Event: domain.Event{Name: "a \"quoted\" name", Conversation: "back\\slash", Payload: json.RawMessage(`[]`)},
			Users: []domain.UserID{"<é>", "new\nline", "\x7f"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			message, err := encode(envelope{Deliveries: []delivery{deliveryOf(d)}})
			require.NoError(t, err)
			e, err := decode(string(message))
			require.NoError(t, err)
			require.Equal(t, d, e.Deliveries[0].port())
			same, err := json.Marshal(e)
			require.NoError(t, err)
			require.JSONEq(t, string(same), string(message))
		})
	}

	t.Run("fields of a later release are ignored, another version is an error", func(t *testing.T) {
		e, err := decode(`{"v":1,"revoked":["s"],"later":{}}`)
		require.NoError(t, err)
		require.Equal(t, []domain.SessionID{"s"}, e.Revoked)
		_, err = decode(`{"v":2,"revoked":["s"]}`)
		require.Error(t, err)
	})
}
