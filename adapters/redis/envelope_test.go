package redis

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// TestTheFormatOfAnEnvelope pins what services of two releases publish to each other: the file never changes.
func TestTheFormatOfAnEnvelope(t *testing.T) {
	file, err := os.ReadFile("testdata/envelope_v1.json")
	require.NoError(t, err)
	golden := strings.TrimSuffix(string(file), "\n")
	want := ports.Delivery{
		Event: domain.Event{
			Name: domain.EventMessageNew, Conversation: "c-1", Seq: 7, ToMembers: true, MembersVersion: 3, To: []domain.UserID{"u-1"},
			Payload: json.RawMessage(`{"preview":"<é😀> & \"more\""}`), CreatedAt: time.Date(2026, 1, 7, 12, 34, 56, 789e6, time.UTC),
			Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		},
		Users: []domain.UserID{"u-1", "u-2"},
	}

	message, err := encode(envelope{Deliveries: []delivery{deliveryOf(want)}, Revoked: []domain.SessionID{"s-1"}})
	require.NoError(t, err)
	require.Equal(t, golden, string(message))

	e, err := decode(golden)
	require.NoError(t, err)
	require.Equal(t, []domain.SessionID{"s-1"}, e.Revoked)
	require.Equal(t, want, e.Deliveries[0].port())
}

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
