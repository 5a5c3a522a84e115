package fakechat

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// AddGroup makes a group of which the first user is admin, and returns its id. Nobody is told.
func (s *Server) AddGroup(title string, userIDs ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newConversation("GROUP", title, userIDs).id
}

// AddMember puts a user into a group, as joining would.
func (s *Server) AddMember(conversationID, userID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conversations[conversationID].join(userID, "MEMBER")
}

// RemoveMember takes a user out of a group.
func (s *Server) RemoveMember(conversationID, userID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conversations[conversationID].members, userID)
}

// newConversation makes one; the lock is held.
func (s *Server) newConversation(kind, title string, userIDs []string) *conversation {
	c := &conversation{
		id: s.newID("conversation"), kind: kind, title: title, created: time.Now().UTC(),
		members: make(map[string]*member), invites: make(map[string]string), sent: make(map[string]Message),
		bodies: make(map[string]string),
	}
	s.conversations[c.id] = c
	for i, id := range userIDs {
		role := "MEMBER"
		if i == 0 && kind == "GROUP" {
			role = "ADMIN"
		}
		c.join(id, role)
	}
	return c
}

func (c *conversation) join(userID, role string) {
	c.version++
	c.members[userID] = &member{role: role, joined: c.log.Last(), read: c.log.Last(), since: time.Now().UTC()}
}

func (s *Server) chatRoutes() {
	const base = "/api/chats/conversations"
	s.mux.HandleFunc("POST "+base+"/dm", s.as(s.createDM))
	s.mux.HandleFunc("POST "+base+"/group", s.as(s.createGroup))
	s.mux.HandleFunc("GET "+base, s.as(s.listConversations))
	s.mux.HandleFunc("GET "+base+"/{id}", s.in(func(w http.ResponseWriter, _ *http.Request, c *conversation, u *user) {
		answer(w, http.StatusOK, s.view(c, u))
	}))
	s.mux.HandleFunc("PATCH "+base+"/{id}", s.in(func(w http.ResponseWriter, r *http.Request, c *conversation, u *user) {
		if c.members[u.id].role != "ADMIN" {
			problem(w, http.StatusForbidden, "admin_only")
			return
		}
		c.title = text(read(r), "title")
		answer(w, http.StatusOK, s.view(c, u))
	}))
	s.mux.HandleFunc("GET "+base+"/{id}/members", s.in(func(w http.ResponseWriter, _ *http.Request, c *conversation, _ *user) {
		out := []map[string]any{}
		for id := range c.members {
			out = append(out, s.memberView(c, id))
		}
		answer(w, http.StatusOK, out)
	}))
	s.mux.HandleFunc("DELETE "+base+"/{id}/members/{user}", s.in(func(w http.ResponseWriter, r *http.Request, c *conversation, _ *user) {
		delete(c.members, r.PathValue("user"))
		answer(w, http.StatusNoContent, nil)
	}))
	s.mux.HandleFunc("POST "+base+"/leave", s.as(s.leaveConversations))
	s.mux.HandleFunc("PUT "+base+"/{id}/members/{user}/role", s.in(s.setRole))
	s.mux.HandleFunc("POST "+base+"/{id}/invite", s.in(s.invite))
	s.mux.HandleFunc("POST "+base+"/{id}/join", s.as(s.joinConversation))
	s.mux.HandleFunc("GET /api/chats/invites", s.as(s.listInvites))
	s.mux.HandleFunc("POST /api/chats/invites/{invite}/decline", s.as(s.decline))
}

// in runs h, with the lock held, if the caller is a member of the conversation in the path.
func (s *Server) in(h func(http.ResponseWriter, *http.Request, *conversation, *user)) http.HandlerFunc {
	return s.as(func(w http.ResponseWriter, r *http.Request, sess *session) {
		c := s.conversations[r.PathValue("id")]
		if c == nil || c.members[sess.user.id] == nil {
			problem(w, http.StatusNotFound, "conversation_not_found")
			return
		}
		h(w, r, c, sess.user)
	})
}

func (s *Server) view(c *conversation, u *user) map[string]any {
	m := c.members[u.id]
	settled := c.log.Settled()
	v := map[string]any{
		"conversation_id": c.id, "type": c.kind, "title": nil, "created_by": "user-000001", "created_at": c.created,
		"role": m.role, "members_version": c.version, "last_seq": c.log.Last(), "settled_seq": settled,
		"joined_seq": m.joined, "last_read_seq": m.read, "unread_count": len(c.log.Messages(m.read, settled+1)),
		"last_message_at": nil, "last_preview": "", "last_has_more": false, "last_sender_id": nil,
	}
	if c.kind == "GROUP" {
		v["title"] = c.title
	}
	for id := range c.members {
		if c.kind == "DM" && id != u.id {
			v["peer"] = nameOf(s.users[id])
		}
	}
	if p := c.log.Latest(1); len(p.Messages) > 0 {
		last := p.Messages[0]
		v["last_message_at"], v["last_preview"] = last.CreatedAt, last.Preview
		v["last_has_more"], v["last_sender_id"] = last.HasMore, last.SenderID
	}
	return v
}

func (s *Server) memberView(c *conversation, userID string) map[string]any {
	m := c.members[userID]
	return map[string]any{
		"user_id": userID, "username": s.users[userID].name, "role": m.role, "online": true, "last_read_seq": m.read, "joined_at": m.since,
	}
}

func (s *Server) listConversations(w http.ResponseWriter, r *http.Request, sess *session) {
	var ids []string
	for id, c := range s.conversations {
		if c.members[sess.user.id] != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	to := min(from+s.pageSize, len(ids))
	if to < len(ids) {
		w.Header().Set("Link", fmt.Sprintf(`</api/chats/conversations?cursor=%d&limit=%d>; rel="next"`, to, s.pageSize))
	}
	out := []map[string]any{}
	for _, id := range ids[from:to] {
		out = append(out, s.view(s.conversations[id], sess.user))
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) leaveConversations(w http.ResponseWriter, r *http.Request, sess *session) {
	ids, _ := read(r)["conversation_ids"].([]any)
	if len(ids) < 1 || len(ids) > 100 {
		problem(w, http.StatusUnprocessableEntity, "validation_failed")
		return
	}
	out := []map[string]any{}
	for _, id := range ids {
		c, outcome := s.conversations[id.(string)], "LEFT"
		if c == nil || c.members[sess.user.id] == nil {
			outcome = "NOT_A_MEMBER"
		} else {
			delete(c.members, sess.user.id)
		}
		out = append(out, map[string]any{"conversation_id": id, "outcome": outcome})
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) createDM(w http.ResponseWriter, r *http.Request, sess *session) {
	other := text(read(r), "other_user_id")
	if s.users[other] == nil {
		problem(w, http.StatusNotFound, "user_not_found")
		return
	}
	for _, c := range s.conversations {
		if c.kind == "DM" && c.members[other] != nil && c.members[sess.user.id] != nil {
			answer(w, http.StatusOK, s.view(c, sess.user))
			return
		}
	}
	answer(w, http.StatusCreated, s.view(s.newConversation("DM", "", []string{sess.user.id, other}), sess.user))
}

func (s *Server) createGroup(w http.ResponseWriter, r *http.Request, sess *session) {
	in := read(r)
	others, ok := in["member_ids"].([]any)
	if !ok {
		problem(w, http.StatusUnprocessableEntity, "validation_failed")
		return
	}
	ids := []string{sess.user.id}
	for _, id := range others {
		ids = append(ids, id.(string))
	}
	answer(w, http.StatusCreated, s.view(s.newConversation("GROUP", text(in, "title"), ids), sess.user))
}

func (s *Server) setRole(w http.ResponseWriter, r *http.Request, c *conversation, _ *user) {
	id := r.PathValue("user")
	if c.members[id] == nil {
		problem(w, http.StatusNotFound, "member_not_found")
		return
	}
	c.members[id].role = text(read(r), "role")
	answer(w, http.StatusOK, s.memberView(c, id))
}

func (s *Server) invite(w http.ResponseWriter, r *http.Request, c *conversation, u *user) {
	id := text(read(r), "user_id")
	if c.members[id] != nil {
		problem(w, http.StatusConflict, "already_member")
		return
	}
	invite := s.newID("invite")
	c.invites[invite] = id
	answer(w, http.StatusCreated, s.inviteView(c, invite, u.id, "PENDING"))
}

func (s *Server) inviteView(c *conversation, invite, by, status string) map[string]any {
	return map[string]any{
		"invite_id": invite, "conversation_id": c.id, "title": c.title, "member_count": len(c.members),
		"invited_by": map[string]string{"user_id": by, "username": s.users[by].name}, "status": status,
		"created_at": time.Now().UTC(), "expires_at": time.Now().Add(7 * 24 * time.Hour).UTC(),
	}
}

func (s *Server) joinConversation(w http.ResponseWriter, r *http.Request, sess *session) {
	c, invite := s.conversations[r.PathValue("id")], text(read(r), "invite_id")
	if c == nil || c.invites[invite] != sess.user.id {
		problem(w, http.StatusNotFound, "invite_not_found")
		return
	}
	if c.members[sess.user.id] == nil {
		c.join(sess.user.id, "MEMBER")
	}
	answer(w, http.StatusOK, s.view(c, sess.user))
}

func (s *Server) listInvites(w http.ResponseWriter, _ *http.Request, sess *session) {
	out := []map[string]any{}
	for _, c := range s.conversations {
		for invite, id := range c.invites {
			if id == sess.user.id && c.members[id] == nil {
				out = append(out, s.inviteView(c, invite, s.adminOf(c), "PENDING"))
			}
		}
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) adminOf(c *conversation) string {
	for id, m := range c.members {
		if m.role == "ADMIN" {
			return id
		}
	}
	return ""
}

func (s *Server) decline(w http.ResponseWriter, r *http.Request, sess *session) {
	invite := r.PathValue("invite")
	for _, c := range s.conversations {
		if c.invites[invite] == sess.user.id {
			delete(c.invites, invite)
			answer(w, http.StatusOK, s.inviteView(c, invite, s.adminOf(c), "DECLINED"))
			return
		}
	}
	problem(w, http.StatusNotFound, "invite_not_found")
}
