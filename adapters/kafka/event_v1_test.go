package kafka

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// TestTheFormatOfAnEvent pins what is on the topics of running systems: the file never changes.
func TestTheFormatOfAnEvent(t *testing.T) {
	file, err := os.ReadFile("testdata/event_v1.json")
	require.NoError(t, err)
	golden := strings.TrimSuffix(string(file), "\n")
	event := domain.Event{
		Name: domain.EventMessageNew, Conversation: "c-1", Seq: 7, ToMembers: true, MembersVersion: 3,
		To: []domain.UserID{"u-1", "u-2"}, Payload: json.RawMessage(`{"preview":"<é😀> & \"more\""}`),
	}

	encoded, err := encodeEvent(event)
	require.NoError(t, err)
	require.Equal(t, golden, string(encoded))

	decoded, err := decodeEvent([]byte(golden))
	require.NoError(t, err)
	require.Equal(t, event, decoded)
}

func TestAnEventCarriesWhenItsMessageWasMade(t *testing.T) {
	event := eventOf("c", 1)
	event.CreatedAt = time.Date(2026, 1, 7, 12, 34, 56, 789e6, time.UTC)
	encoded, err := encodeEvent(event)
	require.NoError(t, err)
	decoded, err := decodeEvent(encoded)
	require.NoError(t, err)
	require.Equal(t, event, decoded)
}

func TestATraceThatIsNoneIsLeftOut(t *testing.T) {
	require.Empty(t, traceOf(nil))
	require.Empty(t, traceOf([]kafka.Header{{Key: "traceparent", Value: []byte("nonsense")}}))
	require.Empty(t, traceHeaders(""))
}

func TestFieldsAddedLaterAreLeftAlone(t *testing.T) {
	e, err := decodeEvent([]byte(`{"v":1,"name":"n","conversation_id":"c","payload":{},"later":1}`))
	require.NoError(t, err)
	require.Equal(t, domain.Event{Name: "n", Conversation: "c", Payload: json.RawMessage(`{}`)}, e)
}

func TestWhatNoProducerWritesIsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ value, reason string }{
		"nothing":         {``, "unexpected end"},
		"no JSON":         {`hello`, "invalid character"},
		"another shape":   {`[]`, "cannot unmarshal"},
		"no version":      {`{"name":"n","conversation_id":"c","payload":{}}`, "version 0"},
		"a later version": {`{"v":2,"name":"n","conversation_id":"c","payload":{}}`, "version 2"},
		"no name":         {`{"v":1,"conversation_id":"c","payload":{}}`, "no name"},
		"no conversation": {`{"v":1,"name":"n","payload":{}}`, "no conversation_id"},
		"a negative seq":  {`{"v":1,"name":"n","conversation_id":"c","seq":-1,"payload":{}}`, "negative seq"},
		"no payload":      {`{"v":1,"name":"n","conversation_id":"c"}`, "no payload"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeEvent([]byte(tc.value))
			require.ErrorContains(t, err, tc.reason)
		})
	}
}

func FuzzDecodeEvent(f *testing.F) {
	f.Add([]byte(`{"v":1,"name":"n","conversation_id":"c","seq":1,"payload":{"a":[1,null]}}`))
	f.Add([]byte(`{"v":1}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		event, err := decodeEvent(value)
		if err != nil {
			return
		}
		encoded, err := encodeEvent(event)
		require.NoError(t, err)
		again, err := decodeEvent(encoded)
		require.NoError(t, err)
		require.JSONEq(t, string(event.Payload), string(again.Payload))
		event.Payload, again.Payload = nil, nil
		require.Equal(t, event, again)
	})
}
