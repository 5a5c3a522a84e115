package httpapi

import (
	"encoding/json"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi/openapi/messagesapi"
	"chatsystem/domain"
)

// TestAPageIsEncodedAsTheDocumentSays compares with what the generated code makes of the same page.
func TestAPageIsEncodedAsTheDocumentSays(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 70_000_000, time.UTC)
	message := func(seq domain.Seq, clientMsgID, preview string) domain.Pointer {
		return domain.Pointer{
			Conversation: "0198c0de-0000-7000-8000-000000000001", ID: "01JZ0000000000000000000000", Seq: seq, Sender: "0198c0de-0000-7000-8000-000000000002",
			ClientMsgID: clientMsgID, CreatedAt: at.Add(time.Duration(seq) * time.Second), Preview: preview, HasMore: seq%2 == 0, MembersVersion: 3,
		}
	}
	for name, page := range map[string]domain.HistoryPage{
		"empty": {First: 8, Next: 8},
		"full": {First: 1, Next: 5, HasMore: true, Messages: []domain.Pointer{
			message(1, "c-1", "plain"),
			message(2, `a"b\c`, `quotes " and \ and /`),
			message(3, "c<3>&", "control \x01\t\n\r, <tags> & ünïcödé \u2028 👩‍👩‍👧"),
			message(4, "c-4", "{\"json\": [1]}"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			generated, err := json.Marshal(messagesapi.ListMessages200JSONResponse{
				Messages: encodeAll(page.Messages, pointer), HasMore: page.HasMore, NextSeq: int64(page.Next), FirstSeq: int64(page.First),
			})
			require.NoError(t, err)
			for range 2 { // the second time with a used buffer
				w := httptest.NewRecorder()
				require.NoError(t, historyPage(page).VisitListMessagesResponse(w))
				require.JSONEq(t, string(generated), w.Body.String())
				require.Equal(t, "application/json", w.Header().Get("Content-Type"))
				require.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))
			}
		})
	}
}
