package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

const groupPath, dmPath, listPath = "/api/chats/conversations/group", "/api/chats/conversations/dm", "/api/chats/conversations"

func TestTwoPeopleHaveOneDirectConversation(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	made := into[object](t, ann.post(dmPath, object{"other_user_id": bob.id}), http.StatusCreated)
	found := into[object](t, bob.post(dmPath, object{"other_user_id": ann.id}), http.StatusOK)
	require.Equal(t, made["conversation_id"], found["conversation_id"])

	id := made.text("conversation_id")
	require.Equal(t, object{
		"conversation_id": id, "type": "DM", "title": nil, "peer": map[string]any{"user_id": bob.id, "username": "bob"},
		"created_by": ann.id, "created_at": "2026-01-07T12:34:56Z", "role": "MEMBER", "members_version": 1.0,
		"last_seq": 0.0, "settled_seq": 0.0, "joined_seq": 0.0, "last_read_seq": 0.0, "unread_count": 0.0,
		"last_message_at": nil, "last_preview": "", "last_has_more": false, "last_sender_id": nil,
	}, made)
	require.Equal(t, made, into[object](t, ann.get(conversationPath(id)), http.StatusOK))
}

func TestADirectConversationNeedsSomebodyElse(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	ann.post(dmPath, object{"other_user_id": ann.id}).requireField(t, "other_user_id", "self")
	ann.post(dmPath, object{"other_user_id": newUUID()}).requireProblem(t, http.StatusNotFound, "user_not_found")
	require.Empty(t, into[[]object](t, ann.get(listPath), http.StatusOK))
}

func TestAGroupBeginsWithItsMembers(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	body := object{"title": " Team 💬 ", "member_ids": []string{bob.id, bob.id, ann.id}}
	g := into[object](t, ann.post(groupPath, body), http.StatusCreated)
	require.Equal(t, "Team 💬", g["title"])
	require.Equal(t, "GROUP", g["type"])
	require.Equal(t, "ADMIN", g["role"])
	require.NotContains(t, g, "peer")

	members := into[[]object](t, bob.get(conversationPath(g.text("conversation_id"))+"/members"), http.StatusOK)
	require.Len(t, members, 2)
	roles := map[any]any{}
	for _, m := range members {
		roles[m["user_id"]] = m["role"]
	}
	require.Equal(t, map[any]any{ann.id: "ADMIN", bob.id: "MEMBER"}, roles)
}

func TestAGroupHasRoomFor100(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	ids := make([]string, 0, 100)
	for i := range 100 {
		ids = append(ids, w.register(fmt.Sprintf("member%d", i)).id)
	}
	ann.post(groupPath, object{"title": "Team", "member_ids": ids}).requireField(t, "member_ids", "too_many")
	g := into[object](t, ann.post(groupPath, object{"title": "Team", "member_ids": ids[:99]}), http.StatusCreated)

	path := conversationPath(g.text("conversation_id"))
	last := w.login("member99")
	invite := into[object](t, ann.post(path+"/invite", object{"user_id": last.id}), http.StatusCreated)
	last.post(path+"/join", object{"invite_id": invite["invite_id"]}).requireProblem(t, http.StatusConflict, "group_full")
}

func TestAGroupsMembersMustExist(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	ann.post(groupPath, object{"title": "Team", "member_ids": []string{newUUID()}}).requireField(t, "member_ids", "unknown_user")
	require.Empty(t, into[[]object](t, ann.get(listPath), http.StatusOK))
}

func TestTheListIsPagedByItsLinks(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	var made []string
	for range 5 {
		w.clock.advance(time.Second)
		made = append([]string{ann.group()}, made...) // newest first
	}
	var listed []string
	for path := listPath + "?limit=2"; path != ""; {
		page := ann.get(path)
		for _, c := range into[[]object](t, page, http.StatusOK) {
			listed = append(listed, c.text("conversation_id"))
		}
		path = nextLink(t, page)
	}
	require.Equal(t, made, listed)
	require.Empty(t, nextLink(t, ann.get(listPath)))
}

// nextLink returns the path of the next page, "" on the last one.
func nextLink(t *testing.T, a answer) string {
	t.Helper()
	link := a.header.Get("Link")
	if link == "" {
		return ""
	}
	path, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	require.True(t, ok, link)
	return path
}

func TestAGroupIsRenamedByItsAdmins(t *testing.T) {
	w := newWorld(t)
	ann, bob, eve := w.register("ann"), w.register("bob"), w.register("eve")
	path := conversationPath(ann.group(bob))
	require.Equal(t, "New", into[object](t, ann.patch(path, object{"title": " New "}), http.StatusOK)["title"])
	bob.patch(path, object{"title": "Bob's"}).requireProblem(t, http.StatusForbidden, "admin_only")
	eve.patch(path, object{"title": "Eve's"}).requireProblem(t, http.StatusNotFound, "conversation_not_found")
	require.Equal(t, "New", into[object](t, bob.get(path), http.StatusOK)["title"])

	ann.patch(conversationPath(ann.dm(bob)), object{"title": "Us"}).requireProblem(t, http.StatusConflict, "dm_conversation")
}

func TestAConversationIsHiddenFromOthers(t *testing.T) {
	w := newWorld(t)
	ann, bob, eve := w.register("ann"), w.register("bob"), w.register("eve")
	hidden := conversationPath(ann.group(bob))
	for name, path := range map[string]string{"of others": hidden, "unknown": conversationPath(newUUID()), "malformed": conversationPath("nonsense"), "upper case": strings.ToUpper(hidden[len(hidden)-36:])} {
		t.Run(name, func(t *testing.T) {
			path = conversationPath(path[strings.LastIndex(path, "/")+1:])
			a := eve.get(path)
			a.requireProblem(t, http.StatusNotFound, "conversation_not_found")
			require.Equal(t, eve.get(conversationPath(newUUID())).body, a.body, "the answer tells nothing")
			eve.get(path+"/members").requireProblem(t, http.StatusNotFound, "conversation_not_found")
			eve.get(messagesPath(path[strings.LastIndex(path, "/")+1:])).requireProblem(t, http.StatusNotFound, "conversation_not_found")
		})
	}
	require.Empty(t, into[[]object](t, eve.get(listPath), http.StatusOK))
}

// crowd puts somebody into that many more groups of their own.
func (a account) crowd(groups int) {
	a.w.t.Helper()
	for range groups {
		g, err := domain.NewGroup(domain.ConversationID(newUUID()), "Team", domain.UserID(a.id), nil, a.w.clock.Now())
		require.NoError(a.w.t, err)
		require.NoError(a.w.t, a.w.store.CreateGroup(a.w.t.Context(), g))
	}
}

func TestConversationsOfAUserAreBounded(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	other := bob.group()
	invite := bob.invite(other, ann)
	ann.crowd(domain.MaxConversations)

	for _, answer := range []answer{
		ann.post(groupPath, object{"title": "Team", "member_ids": []string{}}), ann.post(dmPath, object{"other_user_id": bob.id}), ann.join(other, invite),
	} {
		answer.requireProblem(t, http.StatusConflict, "too_many_conversations")
		require.NotContains(t, into[object](t, answer, http.StatusConflict), "errors")
	}
	for field, answer := range map[string]answer{
		"member_ids":    bob.post(groupPath, object{"title": "Team", "member_ids": []string{ann.id}}),
		"other_user_id": bob.post(dmPath, object{"other_user_id": ann.id}),
	} {
		answer.requireProblem(t, http.StatusConflict, "too_many_conversations")
		faults := into[object](t, answer, http.StatusConflict)["errors"].([]any)
		require.Equal(t, field, faults[0].(map[string]any)["field"])
	}
	require.Len(t, into[[]object](t, bob.get(listPath), http.StatusOK), 1, "what is refused leaves nothing")
}

func TestOpenInvitesOfAUserAreBounded(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	for range domain.MaxOpenInvites {
		ann.invite(ann.group(), bob)
	}
	answer := ann.post(conversationPath(ann.group())+"/invite", object{"user_id": bob.id})
	answer.requireProblem(t, http.StatusConflict, "too_many_invites")
	faults := into[object](t, answer, http.StatusConflict)["errors"].([]any)
	require.Equal(t, "user_id", faults[0].(map[string]any)["field"])
	require.Len(t, into[[]object](t, bob.get("/api/chats/invites"), http.StatusOK), domain.MaxOpenInvites)
}
