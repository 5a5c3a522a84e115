package sdk_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

func TestEventsAreTyped(t *testing.T) {
	count := int64(3)
	settled := int64(9)
	tests := map[string]struct {
		name    string
		payload string
		want    sdk.Event
	}{
		"a new conversation": {
			"conversation:new", `{"conversation_id":"c","type":"GROUP","title":"team","members_version":1}`,
			sdk.ConversationCreated{ConversationID: "c", Type: sdk.Group, Title: "team", MembersVersion: 1},
		},
		"a changed role": {
			"conversation:updated", `{"conversation_id":"c","type":"GROUP","user_id":"u","role":"ADMIN","members_version":2}`,
			sdk.ConversationUpdated{ConversationID: "c", Type: sdk.Group, UserID: "u", Role: sdk.Admin, MembersVersion: 2},
		},
		"a member more": {
			"member:joined", `{"conversation_id":"c","user_id":"u","role":"MEMBER","members_version":3}`,
			sdk.MemberJoined{ConversationID: "c", UserID: "u", Role: sdk.Regular, MembersVersion: 3},
		},
		"a member less": {
			"member:left", `{"conversation_id":"c","user_id":"u","members_version":4}`,
			sdk.MemberLeft{ConversationID: "c", UserID: "u", MembersVersion: 4},
		},
		"an invite": {
			"invite:new", `{"invite_id":"i","conversation_id":"c","title":"team","invited_by":"u","expires_at":"2026-01-02T03:04:05Z"}`,
			sdk.InviteReceived{
				InviteID: "i", ConversationID: "c", Title: "team", InvitedBy: "u",
				ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			},
		},
		"the own read mark": {
			"read:updated", `{"conversation_id":"c","user_id":"u","last_read_seq":6,"unread_count":3,"settled_seq":9}`,
			sdk.ReadUpdated{ConversationID: "c", UserID: "u", LastReadSeq: 6, UnreadCount: &count, SettledSeq: &settled},
		},
		"somebody else's read mark": {
			"read:updated", `{"conversation_id":"c","user_id":"u","last_read_seq":6}`,
			sdk.ReadUpdated{ConversationID: "c", UserID: "u", LastReadSeq: 6},
		},
		"one of the future": {
			"message:edited", `{"a":1}`, sdk.UnknownEvent{Name: "message:edited", Payload: json.RawMessage(`{"a":1}`)},
		},
		"one of another shape": {
			"member:left", `[1]`, sdk.UnknownEvent{Name: "member:left", Payload: json.RawMessage(`[1]`)},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *chat) {
				c, id := s.user("ann")
				sub := s.subscribe(c)
				defer sub.Close()
				synctest.Wait()
				s.Emit(id, tc.name, json.RawMessage(tc.payload))
				require.Equal(t, tc.want, <-sub.Events())
			})
		})
	}
}

func TestEventsNobodyReadsAreDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		synctest.Wait()
		for i := range 1000 {
			s.Emit(id, fmt.Sprint("event-", i), nil)
		}
		s.Post(group, id, "hello")

		require.Equal(t, []string{"hello"}, take(t, sub, 1), "messages do not wait for events")
		first := (<-sub.Events()).(sdk.UnknownEvent)
		require.Equal(t, "event-744", first.Name, "the latest 256 are kept")
	})
}
