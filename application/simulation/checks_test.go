package simulation

import (
	"fmt"
	"slices"
	"time"

	"chatsystem/domain"
)

// violation is a broken promise.
type violation struct {
	promise string
	what    string
	step    int
}

func (v violation) String() string { return fmt.Sprintf("%s, step %d: %s", v.promise, v.step, v.what) }

func (w *world) violate(promise, format string, args ...any) {
	w.notes.Lock()
	defer w.notes.Unlock()
	v := violation{promise, fmt.Sprintf(format, args...), w.step}
	w.violations = append(w.violations, v)
}

// What follows is checked while things happen.

// stored checks a message that was just put (I5: only members send).
func (w *world) stored(m domain.Message) {
	if g, there := w.model.givenAs(m.ID); !there || g.Seq != m.Seq {
		w.violate("I3", "a message is stored at %s under an id that was not given for it", place(m.Conversation, m.Seq))
	}
	if !w.model.active(m.Conversation, m.MembersVersion, m.Sender) {
		w.violate("I5", "%s was no member when %s was given to them", short(m.Sender), place(m.Conversation, m.Seq))
	}
}

// acknowledged checks an answer to a send as it leaves (I1, I2).
func (w *world) acknowledged(m domain.Message) {
	k := ackKey{m.Conversation, m.Sender, m.ClientMsgID, w.server}
	w.model.mu.Lock()
	first, again := w.model.acked[k]
	w.model.acked[k] = m
	w.model.mu.Unlock()
	if again {
		w.seen("repeated send answered")
	}
	if again && first != m {
		w.violate("I2", "%s was answered with %s, and now with %s", m.ClientMsgID, place(first.Conversation, first.Seq), place(m.Conversation, m.Seq))
	}
	if !w.entryAt(m.Conversation, m.Seq).Holds(m.ID) {
		w.violate("I1", "%s is acknowledged and not in the log", place(m.Conversation, m.Seq))
	}
}

// shown checks a page of history as it leaves (I5), and keeps it: what it shows must stay (I3).
func (w *world) shown(viewer domain.UserID, c domain.ConversationID, p domain.HistoryPage) {
	for _, m := range p.Messages {
		w.checkEntitled(viewer, m, "history")
	}
	w.model.mu.Lock()
	defer w.model.mu.Unlock()
	w.model.pages = append(w.model.pages, pageRead{c, p})
}

// checkEvent checks a message:new event as it goes to a connection (I3, I5).
func (w *world) checkEvent(user domain.UserID, p domain.Pointer) {
	held := w.entryAt(p.Conversation, p.Seq)
	if !held.Holds(p.ID) {
		w.violate("I3", "an event announces %s, which is no message of the log", place(p.Conversation, p.Seq))
		return
	}
	w.checkEntitled(user, held.Pointer, "an event")
}

// checkEntitled leaves out what was sent before a restore: who was a member then is forgotten.
func (w *world) checkEntitled(user domain.UserID, m domain.Pointer, by string) {
	if g, _ := w.model.givenAs(m.ID); g.server == w.server && !w.model.entitled(m.Conversation, m.MembersVersion, user) {
		w.violate("I5", "%s learned by %s of %s, sent after their removal", short(user), by, place(m.Conversation, m.Seq))
	}
}

// checkUnread checks a count against the log (I6).
func (w *world) checkUnread(c domain.ConversationID, mark domain.ReadMark) {
	var unread int64
	for _, e := range w.entries(c, mark.LastRead+1) {
		if e.Seq <= mark.Settled && e.Kind == domain.EntryMessage {
			unread++
		}
	}
	if mark.Unread != unread {
		w.violate("I6", "%s: unread is %d above %d up to %d, and shown as %d", short(c), unread, mark.LastRead, mark.Settled, mark.Unread)
	}
}

// checkPresence checks that whom Redis was told of is found until their connection closes (I4).
func (w *world) checkPresence(users []domain.UserID, found map[domain.UserID][]domain.GatewayID) {
	w.model.mu.Lock()
	defer w.model.mu.Unlock()
	for _, l := range w.links {
		user := claimsOf(l.token).User
		known, there := w.model.leases[l.id]
		if !there || !l.open() || !time.Now().Before(known.until) || !slices.Contains(users, user) {
			continue
		}
		if !slices.Contains(found[user], known.gateway) {
			w.violate("I4", "connection %s of %s is open, and fan-out does not find it", l.id, short(user))
		}
	}
}
