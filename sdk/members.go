package sdk

import (
	"context"
	"net/http"
	"slices"
)

// Members returns the active members, the longest-standing first.
func (c *Client) Members(ctx context.Context, conversationID string) ([]Member, error) {
	var out []Member
	_, err := c.do(ctx, call{method: http.MethodGet, path: conversationRoute(conversationID, "members"), out: &out, repeatable: true})
	return out, stepError("members", err)
}

// RemoveMember takes somebody out of a group (admins only). When it returned, nothing sent later reaches them.
func (c *Client) RemoveMember(ctx context.Context, conversationID, userID string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: conversationRoute(conversationID, "members", userID)})
	return stepError("remove member", err)
}

// Leave takes the signed-in user out of a group. After the last admin, the longest-standing member becomes admin.
func (c *Client) Leave(ctx context.Context, conversationID string) error {
	me, err := c.Me(ctx)
	if err != nil {
		return stepError("leave", err)
	}
	return stepError("leave", c.RemoveMember(ctx, conversationID, me.UserID))
}

// LeaveAll takes the signed-in user out of many groups, each as Leave does, and returns what became of each, in the
// order given; ids that come twice are answered once. Asking again changes nothing. With an error, the outcomes are
// those of the groups before it.
func (c *Client) LeaveAll(ctx context.Context, conversationIDs ...string) ([]Departure, error) {
	var all []Departure
	for ids := range slices.Chunk(conversationIDs, leftAtOnce) {
		var out []Departure
		_, err := c.do(ctx, call{
			method: http.MethodPost, path: route("api", "chats", "conversations", "leave"),
			in: map[string][]string{"conversation_ids": ids}, out: &out, repeatable: true,
		})
		if err != nil {
			return all, stepError("leave all", err)
		}
		all = append(all, out...)
	}
	return all, nil
}

// leftAtOnce is how many groups one request leaves.
const leftAtOnce = 100

// SetRole makes a member an admin or an admin a member (admins only). A group keeps one admin: CodeLastAdmin.
func (c *Client) SetRole(ctx context.Context, conversationID, userID string, role Role) (Member, error) {
	var out Member
	_, err := c.do(ctx, call{
		method: http.MethodPut, path: conversationRoute(conversationID, "members", userID, "role"),
		in: map[string]Role{"role": role}, out: &out, repeatable: true,
	})
	return out, stepError("set role", err)
}

// Invite offers a user to join a group (admins only). A pending invite is returned, not doubled; an active member is
// CodeAlreadyMember, a user with 100 open invites CodeTooManyInvites. Invites expire after 7 days.
func (c *Client) Invite(ctx context.Context, conversationID, userID string) (InviteState, error) {
	var out InviteState
	_, err := c.do(ctx, call{
		method: http.MethodPost, path: conversationRoute(conversationID, "invite"),
		in: map[string]string{"user_id": userID}, out: &out, repeatable: true,
	})
	return out, stepError("invite", err)
}

// Invites returns the signed-in user's pending invites, the newest first.
func (c *Client) Invites(ctx context.Context) ([]Invite, error) {
	var out []Invite
	_, err := c.do(ctx, call{method: http.MethodGet, path: route("api", "chats", "invites"), out: &out, repeatable: true})
	return out, stepError("invites", err)
}

// Join accepts an invite; while a member, it changes nothing. The whole history becomes visible, unread starts at 0.
// The first user who joins a group that everybody has left becomes its admin.
// It fails with CodeInviteUsed, CodeInviteExpired, CodeGroupFull or CodeTooManyConversations.
func (c *Client) Join(ctx context.Context, conversationID, inviteID string) (Conversation, error) {
	var out Conversation
	_, err := c.do(ctx, call{
		method: http.MethodPost, path: conversationRoute(conversationID, "join"),
		in: map[string]string{"invite_id": inviteID}, out: &out, repeatable: true,
	})
	return out, stepError("join", err)
}

// DeclineInvite turns an invite down; declining twice changes nothing.
func (c *Client) DeclineInvite(ctx context.Context, inviteID string) (InviteState, error) {
	var out InviteState
	_, err := c.do(ctx, call{
		method: http.MethodPost, path: route("api", "chats", "invites", inviteID, "decline"), out: &out, repeatable: true,
	})
	return out, stepError("decline invite", err)
}
