package sdk_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
	"chatsystem/sdk/internal/fakechat"
)

func TestConversationsArePagedThrough(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		var want []string
		for i := range 5 {
			want = append(want, s.AddGroup(fmt.Sprint("group ", i), id))
		}

		var got []string
		for conv, err := range c.Conversations(t.Context()) {
			require.NoError(t, err)
			got = append(got, conv.ConversationID)
		}

		require.Equal(t, want, got)
		require.Equal(t, 3, s.Requests("GET /api/chats/conversations"))
	})
}

func TestConversationThatComesTwiceIsYieldedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		var want []string
		for i := range 3 {
			want = append(want, s.AddGroup(fmt.Sprint("group ", i), id))
		}
		s.SetFault(func(r *http.Request) fakechat.Fault {
			if r.URL.Query().Get("cursor") == "2" { // the second page begins with the end of the first
				r.URL.RawQuery = "cursor=1"
			}
			return fakechat.Fault{}
		})

		var got []string
		for conv, err := range c.Conversations(t.Context()) {
			require.NoError(t, err)
			got = append(got, conv.ConversationID)
		}
		require.Equal(t, want, got)
	})
}

func TestConversationsStopWhenTheCallerDoes(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		for range 5 {
			s.AddGroup("group", id)
		}
		for _, err := range c.Conversations(t.Context()) {
			require.NoError(t, err)
			break
		}
		require.Equal(t, 1, s.Requests("GET /api/chats/conversations"))
	})
}

func TestConversationsEndAfterAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		for range 5 {
			s.AddGroup("group", id)
		}
		s.SetFault(func(r *http.Request) fakechat.Fault {
			if r.URL.Query().Has("cursor") {
				return fakechat.Fault{Status: http.StatusForbidden}
			}
			return fakechat.Fault{}
		})
		var listed, failed int
		for _, err := range c.Conversations(t.Context()) {
			if err != nil {
				failed++
			} else {
				listed++
			}
		}
		require.Equal(t, 2, listed)
		require.Equal(t, 1, failed)
	})
}

func TestConversationFields(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		ann, annID := s.user("ann")
		_, bobID := s.user("bob")
		dm, err := ann.CreateDM(t.Context(), bobID)
		require.NoError(t, err)
		require.Equal(t, sdk.DM, dm.Type)
		require.Equal(t, &sdk.UserName{UserID: bobID, Username: "bob"}, dm.Peer)
		require.Empty(t, dm.Title)
		require.True(t, dm.LastMessageAt.IsZero())
		require.Equal(t, sdk.Regular, dm.Role)

		again, err := ann.CreateDM(t.Context(), bobID)
		require.NoError(t, err)
		require.Equal(t, dm.ConversationID, again.ConversationID, "one per pair")

		m := s.Post(dm.ConversationID, bobID, "hello")
		s.Allocate(dm.ConversationID)
		got, err := ann.Conversation(t.Context(), dm.ConversationID)
		require.NoError(t, err)
		require.Equal(t, int64(2), got.LastSeq)
		require.Equal(t, int64(1), got.SettledSeq)
		require.Equal(t, int64(1), got.UnreadCount)
		require.Equal(t, "hello", got.LastPreview)
		require.Equal(t, bobID, got.LastSenderID)
		require.True(t, m.CreatedAt.Equal(got.LastMessageAt))

		mark, err := ann.MarkRead(t.Context(), dm.ConversationID, 99)
		require.NoError(t, err)
		require.Equal(t, sdk.ReadMark{LastReadSeq: 2, UnreadCount: 0, SettledSeq: 1}, mark)

		members, err := ann.Members(t.Context(), dm.ConversationID)
		require.NoError(t, err)
		require.Len(t, members, 2)
		require.Contains(t, []string{annID, bobID}, members[0].UserID)
		require.True(t, members[0].Online)
		require.False(t, members[0].JoinedAt.IsZero())
	})
}

func TestGroupLife(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		ann, _ := s.user("ann")
		bob, bobID := s.user("bob")
		group, err := ann.CreateGroup(t.Context(), "team")
		require.NoError(t, err, "a group without other members")
		require.Equal(t, sdk.Group, group.Type)
		require.Equal(t, sdk.Admin, group.Role)
		id := group.ConversationID

		invite, err := ann.Invite(t.Context(), id, bobID)
		require.NoError(t, err)
		require.Equal(t, sdk.InvitePending, invite.Status)
		pending, err := bob.Invites(t.Context())
		require.NoError(t, err)
		require.Len(t, pending, 1)
		require.Equal(t, invite.InviteID, pending[0].InviteID)
		require.Equal(t, "ann", pending[0].InvitedBy.Username)
		joined, err := bob.Join(t.Context(), id, invite.InviteID)
		require.NoError(t, err)
		require.Equal(t, "team", joined.Title)
		_, err = ann.Invite(t.Context(), id, bobID)
		require.True(t, sdk.HasCode(err, sdk.CodeAlreadyMember))

		_, err = bob.Rename(t.Context(), id, "mine")
		require.True(t, sdk.HasCode(err, sdk.CodeAdminOnly))
		member, err := ann.SetRole(t.Context(), id, bobID, sdk.Admin)
		require.NoError(t, err)
		require.Equal(t, sdk.Admin, member.Role)
		renamed, err := bob.Rename(t.Context(), id, "ours")
		require.NoError(t, err)
		require.Equal(t, "ours", renamed.Title)

		require.NoError(t, bob.Leave(t.Context(), id))
		_, err = bob.Conversation(t.Context(), id)
		require.True(t, sdk.HasCode(err, sdk.CodeNotFound))

		second, err := ann.Invite(t.Context(), id, bobID)
		require.NoError(t, err)
		declined, err := bob.DeclineInvite(t.Context(), second.InviteID)
		require.NoError(t, err)
		require.Equal(t, sdk.InviteDeclined, declined.Status)
	})
}

func TestRemoveMember(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		ann, _ := s.user("ann")
		bob, bobID := s.user("bob")
		group, err := ann.CreateGroup(t.Context(), "team", bobID)
		require.NoError(t, err)

		require.NoError(t, ann.RemoveMember(t.Context(), group.ConversationID, bobID))

		_, err = bob.Conversation(t.Context(), group.ConversationID)
		require.True(t, sdk.HasCode(err, sdk.CodeNotFound))
	})
}

func TestSearchAndLookup(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, annID := s.user("ann")
		ids := []string{annID}
		for i := range 150 {
			ids = append(ids, s.AddUser(fmt.Sprint("user", i)))
		}

		found, err := c.Search(t.Context(), "an")
		require.NoError(t, err)
		require.Equal(t, []sdk.UserName{{UserID: annID, Username: "ann"}}, found)

		names, err := c.Lookup(t.Context(), ids...)
		require.NoError(t, err)
		require.Len(t, names, 151)
		require.Equal(t, 2, s.Requests("GET /api/users"), "100 ids at a time")
		none, err := c.Lookup(t.Context())
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestManyGroupsAreLeftAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		var want []sdk.Departure
		var ids []string
		for i := range 150 {
			ids = append(ids, s.AddGroup(fmt.Sprint("group ", i), id))
			want = append(want, sdk.Departure{ConversationID: ids[i], Outcome: sdk.DepartureLeft})
		}
		ids = append(ids, "unknown")
		want = append(want, sdk.Departure{ConversationID: "unknown", Outcome: sdk.DepartureNotMember})

		got, err := c.LeaveAll(t.Context(), ids...)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, 2, s.Requests("POST /api/chats/conversations/leave"))
		for conv, err := range c.Conversations(t.Context()) {
			require.NoError(t, err)
			require.Fail(t, "still in "+conv.Title)
		}

		got, err = c.LeaveAll(t.Context())
		require.NoError(t, err)
		require.Empty(t, got)
	})
}
