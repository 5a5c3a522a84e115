package fakechat

import (
	"net/http"
	"strconv"
	"time"
)

// previewLimit is how many code points of a body a preview has.
const previewLimit = 200

// Post stores a message as its sender's client would, and announces it.
func (s *Server) Post(conversationID, senderID, body string) Message {
	s.mu.Lock()
	c := s.conversations[conversationID]
	m := s.store(c, senderID, s.newID("post"), body)
	s.mu.Unlock()
	s.announce(c, m)
	return m
}

// Allocate gives out the next seq of a conversation and leaves it unsettled.
func (s *Server) Allocate(conversationID string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conversations[conversationID].log.Allocate()
}

// Fill settles an unsettled seq as a message, and announces it.
func (s *Server) Fill(conversationID string, seq int64, senderID, body string) {
	s.mu.Lock()
	c := s.conversations[conversationID]
	m := s.message(c, seq, senderID, s.newID("post"), body)
	c.log.Store(m)
	s.mu.Unlock()
	s.announce(c, m)
}

// Void settles an unsettled seq as a void, which nobody is told of.
func (s *Server) Void(conversationID string, seq int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conversations[conversationID].log.Void(seq)
}

// Restore brings a conversation back as it was when last was its last seq.
func (s *Server) Restore(conversationID string, last int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conversations[conversationID].log.Restore(last)
}

// Messages returns the messages of a conversation.
func (s *Server) Messages(conversationID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := &s.conversations[conversationID].log
	return log.Messages(0, log.Last()+1)
}

// Mute switches the announcing of messages off or on.
func (s *Server) Mute(muted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = muted
}

func (s *Server) messageRoutes() {
	const base = "/api/messages/conversations/{id}"
	s.mux.HandleFunc("POST "+base+"/messages", s.send)
	s.mux.HandleFunc("GET "+base+"/messages", s.in(s.listMessages))
	s.mux.HandleFunc("GET "+base+"/messages/{message}", s.in(s.getMessage))
	s.mux.HandleFunc("POST "+base+"/read", s.in(s.markRead))
}

// store appends a message; the lock is held.
func (s *Server) store(c *conversation, senderID, clientMsgID, body string) Message {
	m := s.message(c, c.log.Allocate(), senderID, clientMsgID, body)
	c.log.Store(m)
	return m
}

func (s *Server) message(c *conversation, seq int64, senderID, clientMsgID, body string) Message {
	m := Message{
		ConversationID: c.id, MessageID: s.newID("message"), Seq: seq, SenderID: senderID, ClientMsgID: clientMsgID,
		CreatedAt: time.Now().UTC().Truncate(time.Millisecond), Preview: body,
	}
	if r := []rune(body); len(r) > previewLimit {
		m.Preview, m.HasMore = string(r[:previewLimit]), true
	}
	c.bodies[m.MessageID] = body
	return m
}

// announce sends message:new to every member's sockets.
func (s *Server) announce(c *conversation, m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.sockets {
		if c.members[k.userID] != nil && !s.muted {
			k.emit("message:new", m)
		}
	}
}

func (s *Server) send(w http.ResponseWriter, r *http.Request) {
	var announced []Message
	var c *conversation
	s.in(func(w http.ResponseWriter, r *http.Request, conv *conversation, u *user) {
		in := read(r)
		id, body := text(in, "client_msg_id"), text(in, "body")
		if id == "" || body == "" {
			problem(w, http.StatusUnprocessableEntity, "validation_failed")
			return
		}
		key := u.id + " " + id
		m, repeat := conv.sent[key]
		status := http.StatusOK
		if !repeat {
			m, status = s.store(conv, u.id, id, body), http.StatusCreated
			conv.sent[key] = m
			c, announced = conv, append(announced, m)
		}
		if conv.bodies[m.MessageID] != body {
			problem(w, http.StatusConflict, "client_msg_id_reused")
			return
		}
		m.Body = body
		answer(w, status, m)
	})(w, r)
	for _, m := range announced {
		s.announce(c, m)
	}
}

func (s *Server) listMessages(w http.ResponseWriter, r *http.Request, c *conversation, _ *user) {
	q := r.URL.Query()
	limit := 50
	if q.Has("limit") {
		limit, _ = strconv.Atoi(q.Get("limit"))
	}
	if limit < 1 || limit > 200 {
		problem(w, http.StatusUnprocessableEntity, "validation_failed")
		return
	}
	after, _ := strconv.ParseInt(q.Get("after_seq"), 10, 64)
	before, _ := strconv.ParseInt(q.Get("before_seq"), 10, 64)
	switch {
	case q.Get("latest") == "true":
		answer(w, http.StatusOK, c.log.Latest(limit))
	case q.Has("before_seq"):
		answer(w, http.StatusOK, c.log.Before(before, limit))
	default:
		answer(w, http.StatusOK, c.log.After(after, limit))
	}
}

func (s *Server) getMessage(w http.ResponseWriter, r *http.Request, c *conversation, _ *user) {
	for _, m := range c.log.Messages(0, c.log.Last()+1) {
		if m.MessageID == r.PathValue("message") {
			if r.URL.Query().Get("fields") == "full" {
				m.Body = c.bodies[m.MessageID]
			}
			answer(w, http.StatusOK, m)
			return
		}
	}
	problem(w, http.StatusNotFound, "message_not_found")
}

func (s *Server) markRead(w http.ResponseWriter, r *http.Request, c *conversation, u *user) {
	seq, _ := read(r)["last_read_seq"].(float64)
	m := c.members[u.id]
	m.read = max(m.read, min(int64(seq), c.log.Last()))
	settled := c.log.Settled()
	answer(w, http.StatusOK, map[string]any{
		"last_read_seq": m.read, "unread_count": len(c.log.Messages(m.read, settled+1)), "settled_seq": settled,
	})
}
