package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// invite invites a user to a group and returns the invite's id.
func (a account) invite(conversation string, user account) string {
	a.w.t.Helper()
	res := a.post(conversationPath(conversation)+"/invite", object{"user_id": user.id})
	return into[object](a.w.t, res, http.StatusCreated).text("invite_id")
}

func (a account) join(conversation, invite string) answer {
	a.w.t.Helper()
	return a.post(conversationPath(conversation)+"/join", object{"invite_id": invite})
}

func memberPath(conversation string, user account) string {
	return conversationPath(conversation) + "/members/" + user.id
}

func TestAnInviteIsShownToWhomItIsFor(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	group := ann.group()
	sent := into[object](t, ann.post(conversationPath(group)+"/invite", object{"user_id": bob.id}), http.StatusCreated)
	require.Equal(t, object{
		"invite_id": sent["invite_id"], "conversation_id": group, "user_id": bob.id, "status": "PENDING",
		"created_at": "2026-01-07T12:34:56Z", "expires_at": "2026-01-14T12:34:56Z",
	}, sent)
	require.Equal(t, []object{{
		"invite_id": sent["invite_id"], "conversation_id": group, "title": "Team Chat", "member_count": 1.0,
		"invited_by": map[string]any{"user_id": ann.id, "username": "ann"}, "status": "PENDING",
		"created_at": "2026-01-07T12:34:56Z", "expires_at": "2026-01-14T12:34:56Z",
	}}, into[[]object](t, bob.get("/api/chats/invites"), http.StatusOK))
}

func TestAPendingInviteIsNotDoubled(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	group := ann.group()
	first := ann.invite(group, bob)
	again := into[object](t, ann.post(conversationPath(group)+"/invite", object{"user_id": bob.id}), http.StatusOK)
	require.Equal(t, first, again["invite_id"])
}

func TestWhoMayInviteWhom(t *testing.T) {
	w := newWorld(t)
	ann, bob, eve := w.register("ann"), w.register("bob"), w.register("eve")
	path := conversationPath(ann.group(bob)) + "/invite"
	bob.post(path, object{"user_id": eve.id}).requireProblem(t, http.StatusForbidden, "admin_only")
	eve.post(path, object{"user_id": eve.id}).requireProblem(t, http.StatusNotFound, "conversation_not_found")
	ann.post(path, object{"user_id": bob.id}).requireProblem(t, http.StatusConflict, "already_member")
	ann.post(path, object{"user_id": newUUID()}).requireProblem(t, http.StatusNotFound, "user_not_found")
	ann.post(conversationPath(ann.dm(bob))+"/invite", object{"user_id": eve.id}).requireProblem(t, http.StatusConflict, "dm_conversation")
	require.Empty(t, into[[]object](t, eve.get("/api/chats/invites"), http.StatusOK))
}

func TestJoiningByInvite(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	group := ann.group()
	ann.say(group, "before bob")
	invite := ann.invite(group, bob)

	joined := into[object](t, bob.join(group, invite), http.StatusOK)
	require.Equal(t, "MEMBER", joined["role"])
	require.Equal(t, 1, joined.number("joined_seq"))
	require.Zero(t, joined["unread_count"])
	require.Equal(t, http.StatusOK, bob.join(group, invite).status, "joining again changes nothing")
	require.Empty(t, into[[]object](t, bob.get("/api/chats/invites"), http.StatusOK))

	require.Equal(t, http.StatusNoContent, ann.delete(memberPath(group, bob)).status)
	bob.join(group, invite).requireProblem(t, http.StatusGone, "invite_used")
}

func TestAnInviteIsPersonalAndOfOneGroup(t *testing.T) {
	w := newWorld(t)
	ann, bob, eve := w.register("ann"), w.register("bob"), w.register("eve")
	group, other := ann.group(), ann.group()
	invite := ann.invite(group, bob)
	eve.join(group, invite).requireProblem(t, http.StatusNotFound, "invite_not_found")
	bob.join(other, invite).requireProblem(t, http.StatusNotFound, "invite_not_found")
	bob.join("nonsense", invite).requireProblem(t, http.StatusNotFound, "invite_not_found")
	bob.join(group, newUUID()).requireProblem(t, http.StatusNotFound, "invite_not_found")
	eve.post("/api/chats/invites/"+invite+"/decline", nil).requireProblem(t, http.StatusNotFound, "invite_not_found")
	eve.post("/api/chats/invites/nonsense/decline", nil).requireProblem(t, http.StatusNotFound, "invite_not_found")
	require.Len(t, into[[]object](t, bob.get("/api/chats/invites"), http.StatusOK), 1)
}

func TestAnInviteExpires(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	group := ann.group()
	invite := ann.invite(group, bob)
	w.clock.advance(7 * 24 * time.Hour)
	bob = w.login("bob")
	bob.join(group, invite).requireProblem(t, http.StatusGone, "invite_expired")
	bob.post("/api/chats/invites/"+invite+"/decline", nil).requireProblem(t, http.StatusGone, "invite_expired")
	require.Empty(t, into[[]object](t, bob.get("/api/chats/invites"), http.StatusOK))
}

func TestAnInviteCanBeDeclined(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	group := ann.group()
	invite := ann.invite(group, bob)
	for range 2 { // declining again changes nothing
		declined := bob.post("/api/chats/invites/"+invite+"/decline", nil)
		require.Equal(t, "DECLINED", into[object](t, declined, http.StatusOK).text("status"))
	}
	bob.join(group, invite).requireProblem(t, http.StatusGone, "invite_used")
	second := ann.invite(group, bob)
	require.Equal(t, http.StatusOK, bob.join(group, second).status)
	bob.post("/api/chats/invites/"+second+"/decline", nil).requireProblem(t, http.StatusGone, "invite_used")
}

func TestMembersLeaveAndAreRemoved(t *testing.T) {
	w := newWorld(t)
	ann, bob, eve := w.register("ann"), w.register("bob"), w.register("eve")
	group := ann.group(bob, eve)
	bob.delete(memberPath(group, eve)).requireProblem(t, http.StatusForbidden, "admin_only")
	require.Equal(t, http.StatusNoContent, bob.delete(memberPath(group, bob)).status)
	bob.get(conversationPath(group)).requireProblem(t, http.StatusNotFound, "conversation_not_found")
	bob.delete(memberPath(group, bob)).requireProblem(t, http.StatusNotFound, "conversation_not_found")
	ann.delete(memberPath(group, bob)).requireProblem(t, http.StatusNotFound, "member_not_found")
	ann.delete(conversationPath(group)+"/members/nonsense").requireProblem(t, http.StatusNotFound, "member_not_found")

	require.Equal(t, http.StatusNoContent, ann.delete(memberPath(group, ann)).status)
	require.Equal(t, "ADMIN", into[object](t, eve.get(conversationPath(group)), http.StatusOK)["role"], "the longest-standing member is promoted")
}

func TestADirectConversationCannotBeLeft(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	dm := ann.dm(bob)
	ann.delete(memberPath(dm, ann)).requireProblem(t, http.StatusConflict, "dm_conversation")
	ann.put(memberPath(dm, bob)+"/role", object{"role": "ADMIN"}).requireProblem(t, http.StatusConflict, "dm_conversation")
}

func TestAdminsAppointAdmins(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	group := ann.group(bob)
	admin, plain := object{"role": "ADMIN"}, object{"role": "MEMBER"}
	bob.put(memberPath(group, bob)+"/role", admin).requireProblem(t, http.StatusForbidden, "admin_only")
	ann.put(memberPath(group, ann)+"/role", plain).requireProblem(t, http.StatusConflict, "last_admin")
	ann.put(conversationPath(group)+"/members/"+newUUID()+"/role", admin).requireProblem(t, http.StatusNotFound, "member_not_found")
	w.register("eve").put(memberPath(group, bob)+"/role", admin).requireProblem(t, http.StatusNotFound, "conversation_not_found")

	m := into[object](t, ann.put(memberPath(group, bob)+"/role", admin), http.StatusOK)
	require.Equal(t, object{
		"user_id": bob.id, "username": "bob", "role": "ADMIN", "online": false, "last_read_seq": 0.0, "joined_at": "2026-01-07T12:34:56Z",
	}, m)
	require.Equal(t, http.StatusOK, bob.put(memberPath(group, ann)+"/role", plain).status)
}

const leavePath = "/api/chats/conversations/leave"

func TestManyGroupsAreLeftAtOnce(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.register("ann"), w.register("bob")
	mine, alone, dm, unknown := ann.group(bob), ann.group(), ann.dm(bob), newUUID()
	outcomes := func(a answer) (all []object) {
		for _, d := range into[[]object](t, a, http.StatusOK) {
			delete(d, "detail")
			all = append(all, d)
		}
		return all
	}
	body := object{"conversation_ids": []string{dm, mine, unknown, mine, alone}}
	require.Equal(t, []object{
		{"conversation_id": dm, "outcome": "FAILED", "code": "dm_conversation"},
		{"conversation_id": mine, "outcome": "LEFT"},
		{"conversation_id": unknown, "outcome": "NOT_A_MEMBER"},
		{"conversation_id": alone, "outcome": "LEFT"},
	}, outcomes(ann.post(leavePath, body)))
	require.Len(t, into[[]object](t, ann.get(listPath), http.StatusOK), 1)
	require.Equal(t, "ADMIN", into[object](t, bob.get(conversationPath(mine)), http.StatusOK)["role"], "the next one becomes admin")

	again := outcomes(ann.post(leavePath, body))
	require.Equal(t, object{"conversation_id": mine, "outcome": "NOT_A_MEMBER"}, again[1], "asking again changes nothing")
}

func TestHowManyGroupsAreLeftAtOnce(t *testing.T) {
	w := newWorld(t)
	ann := w.register("ann")
	group := ann.group()
	ids := make([]string, 101)
	for i := range ids {
		ids[i] = newUUID()
	}
	ids[0] = group
	ann.post(leavePath, object{"conversation_ids": []string{}}).requireField(t, "conversation_ids", "range")
	ann.post(leavePath, object{"conversation_ids": ids}).requireField(t, "conversation_ids", "range")
	ann.post(leavePath, object{"conversation_ids": []string{group, "x"}}).requireField(t, "conversation_ids[1]", "not_an_id")
	into[object](t, ann.get(conversationPath(group)), http.StatusOK)
	require.Len(t, into[[]object](t, ann.post(leavePath, object{"conversation_ids": ids[:100]}), http.StatusOK), 100)
}
