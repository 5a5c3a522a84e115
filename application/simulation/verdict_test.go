package simulation

import (
	"context"

	"chatsystem/domain"
)

// verdict checks what is left when everything has healed.
func (w *world) verdict() {
	for _, c := range w.model.conversations() {
		log := w.checkLog(c)
		w.checkConnections(c, log)
		w.checkClients(c, log)
	}
	w.checkAcknowledged()
	w.checkPages()
	w.checkSessions()
}

// checkLog checks that every seq is settled, as a message or a void, once (I2, I3, I6), and returns the messages.
func (w *world) checkLog(c domain.ConversationID) []domain.Pointer {
	viewer := w.someMember(c)
	if viewer == "" {
		return nil
	}
	head, err := w.postgres.Head(context.Background(), viewer, c)
	if err != nil {
		panic(err)
	}
	if head.Settled() != head.LastSeq {
		w.violate("I3", "%s is not settled in the end", place(c, head.Floor))
	}
	var log []domain.Pointer
	clientIDs := map[ackKey]bool{}
	next := domain.Seq(1)
	for _, e := range w.entries(c, 1) {
		if e.Seq != next && e.Seq <= head.LastSeq {
			w.violate("I3", "nothing is at %s", place(c, next))
		}
		next = e.Seq + 1
		if e.Seq > head.LastSeq {
			if w.server == 0 {
				w.violate("I3", "%s is above last_seq", place(c, e.Seq))
			}
			break
		}
		if e.Kind != domain.EntryMessage {
			w.seen("void in the log")
			continue
		}
		log = append(log, e.Pointer)
		g, _ := w.model.givenAs(e.Pointer.ID)
		k := ackKey{c, e.Pointer.Sender, e.Pointer.ClientMsgID, g.server}
		if clientIDs[k] {
			w.violate("I2", "%s is in the log twice, again at %s", k.clientMsgID, place(c, e.Seq))
		}
		clientIDs[k] = true
	}
	if next <= head.LastSeq {
		w.violate("I3", "nothing is at %s", place(c, next))
	}
	w.checkLists(c, log)
	return log
}

// checkLists checks what every member's list says.
func (w *world) checkLists(c domain.ConversationID, log []domain.Pointer) {
	for _, u := range w.people {
		v, err := w.postgres.ViewConversation(context.Background(), u, c)
		if err != nil {
			continue
		}
		w.checkUnread(c, v.Read)
		if len(log) > 0 && w.server == 0 && (v.Last == nil || v.Last.ID != log[len(log)-1].ID) {
			w.violate("I6", "the list does not show the last message of %s", short(c))
		}
	}
}

// checkAcknowledged checks that what was acknowledged is where it was, with its text (I1).
func (w *world) checkAcknowledged() {
	for _, m := range w.model.acked {
		if !w.entryAt(m.Conversation, m.Seq).Holds(m.ID) {
			w.violate("I1", "%s was acknowledged, and is lost", place(m.Conversation, m.Seq))
			continue
		}
		if !m.HasMore {
			continue
		}
		if body, err := w.table.body(m.Conversation, m.Seq, m.ID); err != nil || body != m.Body {
			w.violate("I1", "the text of %s was acknowledged, and is lost", place(m.Conversation, m.Seq))
		}
	}
}

// checkPages checks that every page ever shown was a part of the log as it is in the end (I3).
func (w *world) checkPages() {
	for _, p := range w.model.pages {
		var want []domain.MessageID
		for _, e := range w.entries(p.conversation, p.First) {
			if e.Seq < p.Next && e.Kind == domain.EntryMessage {
				want = append(want, e.Pointer.ID)
			}
		}
		same := len(want) == len(p.Messages)
		for i := 0; same && i < len(want); i++ {
			same = want[i] == p.Messages[i].ID
		}
		if !same {
			w.violate("I3", "a page of %s from %d to %d had %d messages; there are %d", short(p.conversation), p.First, p.Next-1, len(p.Messages), len(want))
		}
	}
}

// checkConnections checks that no connection was left in silence (I4).
func (w *world) checkConnections(c domain.ConversationID, log []domain.Pointer) {
	for _, l := range w.links {
		if !l.open() {
			continue
		}
		w.seen("connection checked")
		user := claimsOf(l.token).User
		for _, m := range log {
			g, _ := w.model.givenAs(m.ID)
			if g.step <= l.opened || !w.model.always(c, m.MembersVersion, user) || l.heard[heardKey{c, m.Seq, m.ID}] {
				continue
			}
			if len(l.resyncs) == 0 || l.resyncs[len(l.resyncs)-1] < g.step {
				w.violate("I4", "connection %s of %s never heard of %s", l.id, short(user), place(c, m.Seq))
			}
		}
	}
}

// checkSessions checks that no connection outlived its session.
func (w *world) checkSessions() {
	for _, l := range w.links {
		if s := claimsOf(l.token).Session; l.open() && w.model.ended[s] {
			w.violate("I5", "connection %s is open, and its session has ended", l.id)
		}
	}
}

// checkClients checks what clients handed out: everything, in order, once (I4 and the client's rules).
func (w *world) checkClients(c domain.ConversationID, log []domain.Pointer) {
	for _, cl := range w.clients {
		t := cl.lines[c]
		if t == nil || t.phase != open || t.excused || t.server != w.server || !w.model.always(c, w.model.latest[c], cl.user) {
			continue
		}
		for _, m := range log {
			// What was sent before a restore, or while the user was away, is not announced again.
			g, _ := w.model.givenAs(m.ID)
			if m.Seq > t.last && g.server == w.server && w.model.always(c, m.MembersVersion, cl.user) {
				w.violate("I4", "%s stays at %s, and the log goes on to %d", cl.name, place(c, t.last), m.Seq)
				break
			}
		}
		for _, span := range t.spans {
			span.check(w, cl, log)
		}
	}
}

// check compares a stretch of what was handed out with the log.
func (s span) check(w *world, cl *client, log []domain.Pointer) {
	var want []domain.Pointer
	for _, m := range log {
		if m.Seq > s.after && m.Seq <= s.upTo {
			want = append(want, m)
		}
	}
	w.seen("stretch handed out")
	for i, m := range s.messages {
		if i >= len(want) || want[i].ID != m.ID {
			w.violate("I4", "%s handed out %s where the log has another message", cl.name, place(m.Conversation, m.Seq))
			return
		}
	}
	if len(s.messages) < len(want) {
		w.violate("I4", "%s never handed out %s", cl.name, place(want[len(s.messages)].Conversation, want[len(s.messages)].Seq))
	}
}

// someMember returns an active member of a conversation; empty if everybody has left.
func (w *world) someMember(c domain.ConversationID) domain.UserID {
	for _, u := range w.people {
		if w.model.active(c, w.model.latest[c], u) {
			return u
		}
	}
	return ""
}
