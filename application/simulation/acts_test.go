package simulation

import (
	"fmt"
	"strings"
	"time"

	"chatsystem/application/chats"
	"chatsystem/application/messages"
	"chatsystem/domain"
)

// act lets a client do something of its own accord.
func (w *world) act() string {
	c := pick(w.rng, w.clients)
	if time.Now().Before(c.asleepUntil) {
		return c.name + " sleeps"
	}
	n := w.rng.IntN(100)
	if w.weather.moody && w.rng.IntN(3) == 0 {
		return w.actMembers(c)
	}
	switch {
	case n < 40:
		return w.actWrite(c)
	case n < 52:
		return w.actRepeat(c)
	case n < 66:
		return w.actRead(c)
	case n < 74:
		return w.actMark(c)
	case n < 92 || w.weather.restful:
		return w.actMembers(c)
	case n < 94:
		return w.actLogout(c)
	case n < 97:
		w.seen("connection cut by its client")
		w.hangUp(c)
		return c.name + " loses its connection"
	default:
		w.seen("client asleep")
		w.hangUp(c)
		c.asleepUntil = time.Now().Add(time.Duration(1+w.rng.IntN(30)) * time.Second)
		return c.name + " falls asleep"
	}
}

func (w *world) hangUp(c *client) {
	if c.conn != nil {
		c.conn.lost()
	}
}

func (w *world) someConversation() domain.ConversationID { return pick(w.rng, w.model.conversations()) }

// actWrite puts a message into the outbox, to whatever conversation: non-members are refused.
func (w *world) actWrite(c *client) string {
	w.drafts++
	in := messages.SendInput{
		Sender: c.user, Conversation: string(w.someConversation()), ClientMsgID: fmt.Sprintf("m%d", w.drafts), Body: fmt.Sprintf("text %d", w.drafts),
	}
	if w.rng.IntN(3) == 0 {
		in.Body += strings.Repeat(".", domain.PreviewChars)
	}
	c.write(in)
	return c.name + " writes " + in.ClientMsgID
}

// actRepeat sends again what was acknowledged, perhaps long ago (I2).
func (w *world) actRepeat(c *client) string {
	if len(c.sent) == 0 {
		return c.name + " has nothing to repeat"
	}
	in := pick(w.rng, c.sent)
	c.post(in, ignored)
	return c.name + " repeats " + in.ClientMsgID
}

// actRead looks at a page somewhere, or at one message.
func (w *world) actRead(c *client) string {
	id := w.someConversation()
	limit, place := 1+w.rng.IntN(5), int64(1+w.rng.IntN(20))
	in := messages.HistoryInput{Viewer: c.user, Conversation: string(id), Limit: &limit}
	switch yes := true; w.rng.IntN(4) {
	case 0:
		in.BeforeSeq = &place
	case 1:
		in.Latest = &yes
	case 2:
		in.AfterSeq = &place
	default:
		return w.actGet(c, id)
	}
	c.read(in, ignored)
	return c.name + " reads in " + short(id)
}

// actGet reads one message with its text.
func (w *world) actGet(c *client, id domain.ConversationID) string {
	t := c.lines[id]
	if t == nil || len(t.spans) == 0 || len(t.spans[len(t.spans)-1].messages) == 0 {
		return c.name + " has no message to read"
	}
	m := pick(w.rng, t.spans[len(t.spans)-1].messages)
	ask(c, "get", messageKind, func(r visit) (domain.Message, error) {
		return r.messages.get.Execute(r.ctx, messages.GetInput{Viewer: c.user, Conversation: string(id), ID: string(m.ID), Full: true})
	}, ignored)
	return c.name + " reads a message of " + short(id)
}

func (w *world) actMark(c *client) string {
	id, seq := w.someConversation(), int64(1+w.rng.IntN(20))
	if t := c.lines[id]; t != nil && t.last > 0 {
		seq = 1 + w.rng.Int64N(int64(t.last)+2)
	}
	ask(c, "mark read", messageKind, func(r visit) (domain.ReadMark, error) {
		return r.messages.read.Execute(r.ctx, c.user, string(id), seq)
	}, ignored)
	return fmt.Sprintf("%s marks %s/%d as read", c.name, short(id), seq)
}

// actMembers changes who is in a conversation.
func (w *world) actMembers(c *client) string {
	id, other := w.someConversation(), pick(w.rng, w.people)
	switch n := w.rng.IntN(10); {
	case n < 1:
		return w.actRole(c, id, other)
	case n < 2:
		ask(c, "create dm", chatKind, func(r visit) (chats.Created, error) {
			return r.chats.createDM.Execute(r.ctx, c.user, string(other))
		}, ignored)
		return c.name + " opens a DM with " + short(other)
	case n < 5:
		ask(c, "invite", chatKind, func(r visit) (chats.Invited, error) {
			return r.chats.invite.Execute(r.ctx, c.user, string(id), string(other))
		}, ignored)
		return c.name + " invites " + short(other) + " to " + short(id)
	case n < 8:
		nth := w.rng.IntN(4)
		ask(c, "join", chatKind, func(r visit) (domain.ConversationView, error) { return r.joinSome(c.user, nth) }, ignored)
		return c.name + " joins what it is invited to"
	case n < 9:
		other = c.user // others only an admin removes
	}
	ask(c, "remove", chatKind, func(r visit) (removed, error) {
		return removed{}, r.chats.remove.Execute(r.ctx, c.user, string(id), string(other))
	}, func(_ removed, err error) {
		if err == nil {
			w.seen("member removed")
		}
	})
	return c.name + " removes " + short(other) + " from " + short(id)
}

// actRole appoints or demotes somebody.
func (w *world) actRole(c *client, id domain.ConversationID, other domain.UserID) string {
	role := pick(w.rng, []domain.Role{domain.RoleAdmin, domain.RoleMember})
	ask(c, "set role", chatKind, func(r visit) (domain.MemberView, error) {
		return r.chats.setRole.Execute(r.ctx, chats.SetRoleInput{
			Actor: c.user, Conversation: string(id), Target: string(other), Role: string(role),
		})
	}, ignored)
	return c.name + " makes " + short(other) + " " + string(role) + " of " + short(id)
}

type removed struct{}

// ignored is what becomes of an answer that is of no use to its client: it was checked as it left the service.
func ignored[T any](T, error) {}

// joinSome accepts one of the open invites of a user.
func (r visit) joinSome(user domain.UserID, n int) (domain.ConversationView, error) {
	pending, err := r.chats.invites.Execute(r.ctx, user)
	if err != nil || len(pending) == 0 {
		return domain.ConversationView{}, err
	}
	i := pending[n%len(pending)]
	return r.chats.join.Execute(r.ctx, user, string(i.Conversation), string(i.ID))
}

// actLogout ends a client's session, and with it its connection.
func (w *world) actLogout(c *client) string {
	if c.refresh == "" {
		return c.name + " is signed out"
	}
	refresh := c.refresh
	w.seen("session ended")
	ask(c, "logout", userKind, func(r visit) (removed, error) {
		return removed{}, r.users.logout.Execute(r.ctx, refresh)
	}, func(_ removed, err error) {
		if err == nil && c.refresh == refresh {
			c.signedOut()
		}
	})
	return c.name + " signs out"
}
