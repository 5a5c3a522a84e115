package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestAMessageEventIsAPointerForTheMembers(t *testing.T) {
	e := domain.MessageNew(domain.Pointer{
		Conversation: "c", ID: "m", Seq: 7, Sender: "u", ClientMsgID: "id", CreatedAt: founded.Add(789 * time.Millisecond),
		Preview: `<b>"é"</b> & more`, HasMore: true, MembersVersion: 3,
	})
	require.Equal(t, `{"conversation_id":"c","message_id":"m","seq":7,"sender_id":"u","created_at":"2026-01-07T12:34:56.789Z",`+
		`"preview":"<b>\"é\"</b> & more","has_more":true,"client_msg_id":"id"}`, string(e.Payload))
	e.Payload = nil
	require.Equal(t, domain.Event{
		Name: domain.EventMessageNew, Conversation: "c", Seq: 7, ToMembers: true, MembersVersion: 3,
		CreatedAt: founded.Add(789 * time.Millisecond),
	}, e)
}

func TestOtherEventsCarryWhatTheyAreGiven(t *testing.T) {
	e := domain.NewEvent(domain.EventMemberLeft, "c", true, 4, []domain.UserID{"u"},
		domain.MemberPayload{ConversationID: "c", UserID: "u", MembersVersion: 4})
	require.Equal(t, `{"conversation_id":"c","user_id":"u","members_version":4}`, string(e.Payload))
	e.Payload = nil
	require.Equal(t, domain.Event{
		Name: domain.EventMemberLeft, Conversation: "c", ToMembers: true, MembersVersion: 4, To: []domain.UserID{"u"},
	}, e)
}

func TestReadCountsAreLeftOutForOthers(t *testing.T) {
	unread, settled := int64(0), domain.Seq(9)
	mine := domain.ReadPayload{ConversationID: "c", UserID: "u", LastReadSeq: 9, UnreadCount: &unread, SettledSeq: &settled}
	require.Equal(t, `{"conversation_id":"c","user_id":"u","last_read_seq":9,"unread_count":0,"settled_seq":9}`,
		string(domain.NewEvent(domain.EventReadUpdated, "c", false, 0, nil, mine).Payload))
	others := domain.ReadPayload{ConversationID: "c", UserID: "u", LastReadSeq: 9}
	require.Equal(t, `{"conversation_id":"c","user_id":"u","last_read_seq":9}`,
		string(domain.NewEvent(domain.EventReadUpdated, "c", false, 0, nil, others).Payload))
}

func TestAnEntryHoldsItsMessageOnly(t *testing.T) {
	e := domain.MessageEntry(domain.Pointer{ID: "m", Seq: 3})
	require.EqualValues(t, 3, e.Seq)
	require.True(t, e.Holds("m"))
	require.False(t, e.Holds("other"))
	require.False(t, domain.VoidEntry(3).Holds(""))
	require.False(t, domain.Entry{Seq: 3, Kind: domain.EntryUnknown}.Holds(""))
}
