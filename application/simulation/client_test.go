package simulation

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"chatsystem/application/messages"
	"chatsystem/application/users"
	"chatsystem/domain"
)

// client is one device of a user, following the rules that docs and SDK lay down for clients. It does nothing by itself:
// the driver calls it. It never lists by the clock, so that nothing but events and resync brings it up to date.
type client struct {
	w    *world
	name string
	user domain.UserID

	access, refresh string
	expires         time.Time // of access
	signing         bool
	conn            *link
	connectAt       time.Time
	asleepUntil     time.Time

	lines    map[domain.ConversationID]*timeline
	outboxes map[domain.ConversationID]*outbox
	unknown  map[domain.ConversationID]bool // heard of by an event: being asked for
	started  bool                           // a list has been seen
	listWish bool
	listing  bool
	listAt   time.Time
	sent     []messages.SendInput // what was acknowledged, to be sent again some day
}

// outbox is what waits to be sent to one conversation, in order.
type outbox struct {
	queue   []messages.SendInput
	sending bool
	next    time.Time
}

func newClient(w *world, name string, user domain.UserID) *client {
	return &client{
		w: w, name: name, user: user, lines: map[domain.ConversationID]*timeline{},
		outboxes: map[domain.ConversationID]*outbox{}, unknown: map[domain.ConversationID]bool{},
	}
}

const clientPause = 500 * time.Millisecond // between tries of everything but fetches

// duty is something the protocol wants a client to do now.
type duty struct {
	name string
	do   func()
}

// duties returns what is due, in a fixed order.
func (c *client) duties(now time.Time) []duty {
	if now.Before(c.asleepUntil) {
		return nil
	}
	var due []duty
	signedIn := now.Before(c.expires)
	if !signedIn && !c.signing && !now.Before(c.connectAt) {
		due = append(due, duty{c.name + " signs in", c.signIn})
	}
	if signedIn && c.conn == nil && !now.Before(c.connectAt) {
		due = append(due, duty{c.name + " connects", c.connect})
	}
	if c.listWish && !c.listing && !now.Before(c.listAt) {
		due = append(due, duty{c.name + " lists", c.list})
	}
	for _, id := range sortedKeys(c.lines) {
		if t := c.lines[id]; t.behind() && !t.asking && !now.Before(t.next) {
			due = append(due, duty{c.name + " fetches " + short(id), func() { c.fetch(id, t) }})
		}
	}
	for _, id := range sortedKeys(c.outboxes) {
		if o := c.outboxes[id]; len(o.queue) > 0 && !o.sending && !now.Before(o.next) {
			due = append(due, duty{c.name + " sends to " + short(id), func() { c.send(id, o) }})
		}
	}
	for _, id := range sortedKeys(c.unknown) {
		if c.unknown[id] {
			due = append(due, duty{c.name + " asks for " + short(id), func() { c.introduce(id) }})
		}
	}
	return due
}

// signedOut forgets the session.
func (c *client) signedOut() { c.access, c.refresh, c.expires = "", "", time.Time{} }

// signIn exchanges the refresh token, or begins a session.
func (c *client) signIn() {
	c.signing = true
	signedIn := func(s users.SignedIn, err error) {
		c.signing = false
		c.connectAt = time.Now().Add(clientPause)
		if err == nil {
			c.access, c.refresh, c.expires = s.AccessToken, s.RefreshToken, claimsOf(s.AccessToken).ExpiresAt
		} else if permanent(err) {
			c.refresh = ""
		}
	}
	if refresh := c.refresh; refresh != "" {
		ask(c, "refresh", userKind, func(r visit) (users.SignedIn, error) { return r.users.refresh.Execute(r.ctx, refresh) }, signedIn)
		return
	}
	login := users.LoginInput{Email: c.w.emails[c.user], Password: password}
	ask(c, "login", userKind, func(r visit) (users.SignedIn, error) { return r.users.login.Execute(r.ctx, login) }, signedIn)
}

// connect opens a connection to any gateway that takes one.
func (c *client) connect() {
	p := c.w.instance(gatewayKind)
	if p == nil || p.gateway.draining {
		c.connectAt = time.Now().Add(clientPause)
		return
	}
	c.conn = p.gateway.connect(c)
}

// disconnected takes in the end of a connection.
func (c *client) disconnected(l *link) {
	if c.conn != l {
		return
	}
	c.conn, c.connectAt = nil, time.Now().Add(clientPause)
	if l.forGood { // signed out
		c.signedOut()
	}
}

// list asks for the user's conversations.
func (c *client) list() {
	c.listing, c.listWish = true, false
	for _, t := range c.lines {
		t.heardAsk = t.heard
	}
	server := c.w.server
	ask(c, "list", chatKind, func(r visit) ([]domain.ConversationView, error) { return r.listAll(c.user) }, func(all []domain.ConversationView, err error) {
		c.listing = false
		if err != nil {
			c.listWish, c.listAt = true, time.Now().Add(clientPause)
			return
		}
		for _, v := range all {
			c.line(v).listed(v, server)
		}
		c.started = true
	})
}

// line returns the place in a conversation that a list shows.
func (c *client) line(v domain.ConversationView) *timeline {
	t := c.lines[v.ID]
	if t == nil {
		t = &timeline{rules: c.w.bug.rules, server: c.w.server}
		if c.started {
			t.begin(v.JoinedSeq)
		}
		c.lines[v.ID] = t
	}
	return t
}

// introduce asks for one conversation that an event named.
func (c *client) introduce(id domain.ConversationID) {
	c.unknown[id] = false
	ask(c, "get conversation", chatKind, func(r visit) (domain.ConversationView, error) {
		return r.chats.get.Execute(r.ctx, c.user, string(id))
	}, func(v domain.ConversationView, err error) {
		delete(c.unknown, id)
		switch {
		case err == nil:
			t := c.line(v)
			t.heardAsk = 0 // a list decides whether a server was restored
			t.listed(v, t.server)
		case !permanent(err):
			c.unknown[id] = true
		}
	})
}

// fetch asks for what is missing, or for the newest to begin with.
func (c *client) fetch(id domain.ConversationID, t *timeline) {
	t.asking, t.tried = true, true
	epoch, before := t.epoch, t.last
	in := messages.HistoryInput{Viewer: c.user, Conversation: string(id)}
	if first := t.phase == opening; first {
		in.Latest = &first
	} else {
		after, limit := int64(t.last), 7
		in.AfterSeq, in.Limit = &after, &limit
	}
	c.read(in, func(p domain.HistoryPage, err error) {
		t.asking = false
		switch {
		case epoch != t.epoch || t.phase == gone:
			return
		case permanent(err):
			t.phase = gone
			return
		case err != nil:
			t.tried = false
		case t.phase == opening:
			t.begin(p.Next - 1)
			return
		default:
			t.page(p)
		}
		if t.last > before {
			t.pause, t.next = 0, time.Time{}
			return
		}
		t.retry(time.Now())
	})
}

// read asks for a page of history.
func (c *client) read(in messages.HistoryInput, reply func(domain.HistoryPage, error)) {
	ask(c, "history", messageKind, func(r visit) (domain.HistoryPage, error) {
		p, err := r.messages.history.Execute(r.ctx, in)
		if err == nil {
			c.w.shown(in.Viewer, domain.ConversationID(in.Conversation), p)
		}
		return p, err
	}, reply)
}

// write puts a message into the outbox.
func (c *client) write(in messages.SendInput) {
	id := domain.ConversationID(in.Conversation)
	if c.outboxes[id] == nil {
		c.outboxes[id] = &outbox{}
	}
	c.outboxes[id].queue = append(c.outboxes[id].queue, in)
}

// send tries the first message of an outbox.
func (c *client) send(id domain.ConversationID, o *outbox) {
	in := o.queue[0]
	o.sending = true
	c.post(in, func(m domain.Pointer, err error) {
		o.sending = false
		if err != nil && !permanent(err) {
			o.next = time.Now().Add(clientPause)
			return
		}
		o.queue = o.queue[1:]
		if err == nil {
			c.sent = append(c.sent, in)
			c.hear(m)
		}
	})
}

// post makes one request to send.
func (c *client) post(in messages.SendInput, reply func(domain.Pointer, error)) {
	ask(c, "send "+in.ClientMsgID, messageKind, func(r visit) (domain.Pointer, error) {
		sent, err := r.messages.send.Execute(r.ctx, in)
		if err == nil {
			c.w.acknowledged(sent.Message)
		}
		return sent.Message.Pointer, err
	}, reply)
}

// hear takes in a message that was announced.
func (c *client) hear(m domain.Pointer) {
	t := c.lines[m.Conversation]
	if t == nil || t.phase == gone {
		c.ask(m.Conversation)
		return
	}
	t.event(m)
}

func (c *client) ask(id domain.ConversationID) {
	if _, asking := c.unknown[id]; !asking {
		c.unknown[id] = true
	}
}

// receive takes in a frame.
func (c *client) receive(f frame) {
	switch f.name {
	case "authenticated", "resync":
		c.listWish = true
	case string(domain.EventMessageNew):
		c.hear(pointerOf(f))
	case string(domain.EventConversationNew), string(domain.EventMemberJoined):
		var p domain.MemberPayload
		raw, _ := f.payload.(json.RawMessage)
		if err := json.Unmarshal(raw, &p); err != nil {
			panic(fmt.Sprintf("%s: %v", f.name, err))
		}
		if t := c.lines[p.ConversationID]; t == nil || t.phase == gone {
			c.ask(p.ConversationID)
		}
	}
}

// permanent tells whether a request is refused whenever it is made.
func permanent(err error) bool {
	var f *domain.Fault
	return errors.As(err, &f) && f.Kind != domain.KindUnavailable && f.Kind != domain.KindInternal
}
