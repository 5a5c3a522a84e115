package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestDraftsThatMayBePosted(t *testing.T) {
	drafts := map[string]struct{ clientMsgID, body string }{
		"a usual one":                            {"4a1c-0001", "hello"},
		"the shortest":                           {"!", "."},
		"the longest, in code points":            {strings.Repeat("~", 64), strings.Repeat("😀", domain.MaxBodyChars)},
		"white space and control characters too": {"id", " \n\ta\x01\u2028 "},
	}
	for name, d := range drafts {
		t.Run(name, func(t *testing.T) {
			draft, err := domain.NewDraft("u", "c", d.clientMsgID, d.body)
			require.NoError(t, err)
			require.Equal(t, domain.Draft{Conversation: "c", Sender: "u", ClientMsgID: d.clientMsgID, Body: d.body}, draft)
		})
	}
}

func TestDraftsThatMayNotBePosted(t *testing.T) {
	drafts := map[string]struct {
		clientMsgID, body string
		field, code       string
	}{
		"no client_msg_id":             {"", "hello", "client_msg_id", "format"},
		"one of 65 characters":         {strings.Repeat("x", 65), "hello", "client_msg_id", "format"},
		"one with a space":             {"a b", "hello", "client_msg_id", "format"},
		"one with a control character": {"a\x7f", "hello", "client_msg_id", "format"},
		"one beyond ASCII":             {"é", "hello", "client_msg_id", "format"},
		"no body":                      {"id", "", "body", "blank"},
		"only white space":             {"id", " \t\r\n\u00a0\u2003\u3000", "body", "blank"},
		"a character too many":         {"id", strings.Repeat("😀", domain.MaxBodyChars+1), "body", "too_long"},
		"bytes that are no UTF-8":      {"id", "a\xffb", "body", "encoding"},
		"half a surrogate pair":        {"id", "\xed\xa0\x80", "body", "encoding"},
		"a NUL":                        {"id", "a\x00b", "body", "nul"},
	}
	for name, d := range drafts {
		t.Run(name, func(t *testing.T) {
			_, err := domain.NewDraft("u", "c", d.clientMsgID, d.body)
			requireFields(t, err, d.field+" "+d.code)
		})
	}

	t.Run("all broken rules are reported together", func(t *testing.T) {
		_, err := domain.NewDraft("u", "c", "", "")
		requireFields(t, err, "client_msg_id format", "body blank")
	})
}

// requireFields asserts that err is a fault about these fields, written "field code", in this order.
func requireFields(t *testing.T, err error, want ...string) {
	t.Helper()
	var fault *domain.Fault
	require.ErrorAs(t, err, &fault)
	require.Equal(t, domain.KindInvalid, fault.Kind)
	require.Equal(t, domain.CodeInvalid, fault.Code)
	var got []string
	for _, f := range fault.Fields {
		require.NotEmpty(t, f.Detail)
		got = append(got, f.Field+" "+f.Code)
	}
	require.Equal(t, want, got)
}

func TestABodyHashTellsTextsApart(t *testing.T) {
	hello := domain.Draft{Body: "hello", ClientMsgID: "1"}
	require.Equal(t, hello.BodyHash(), domain.Draft{Body: "hello", ClientMsgID: "2"}.BodyHash())
	require.NotEqual(t, hello.BodyHash(), domain.Draft{Body: "hello "}.BodyHash())
}

func TestAPostedMessageTakesItsPlaceFromTheAllocation(t *testing.T) {
	at := time.UnixMilli(1_767_789_296_789).UTC()
	body := strings.Repeat("é", 300)
	d := domain.Draft{Conversation: "c", Sender: "u", ClientMsgID: "id", Body: body}
	a := domain.Allocation{Seq: 7, MessageID: "m", CreatedAt: at, MembersVersion: 3}
	require.Equal(t, domain.Message{
		Pointer: domain.Pointer{
			Conversation: "c", ID: "m", Seq: 7, Sender: "u", ClientMsgID: "id", CreatedAt: at, Preview: body[:400], HasMore: true,
			MembersVersion: 3,
		},
		Body: body,
	}, domain.PostMessage(d, a))
}

func TestStoredTimesAreUTCAndWholeMilliseconds(t *testing.T) {
	at := time.Date(2026, 1, 7, 13, 34, 56, 789_999_999, time.FixedZone("CET", 3600))
	require.Equal(t, time.Date(2026, 1, 7, 12, 34, 56, 789_000_000, time.UTC), domain.StoredTime(at))
}
