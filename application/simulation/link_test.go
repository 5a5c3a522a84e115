package simulation

import (
	"encoding/json"

	"chatsystem/domain"
	"chatsystem/ports"
)

// sendBuffer is how many frames wait for a client that does not read; beyond, its connection is cut.
const sendBuffer = 24

// link is one connection, from the gateway's socket to the client's hands. Its fields are the driver's and, while that
// waits, the one goroutine's that runs.
type link struct {
	w       *world
	id      domain.ConnectionID
	client  *client
	gateway *gatewayService
	token   string

	queue   []frame
	closing bool // nothing goes in any more; what is queued goes out
	forGood bool // the client is not to come back by itself
	gone    bool // the gateway has forgotten it, or is dead
	cut     bool // the client has gone: frames go nowhere
	left    bool // a planted bug took its presence back

	opened  int               // the step in which it was told that it is authenticated; 0 before
	resyncs []int             // the steps in which it was told to catch up
	heard   map[heardKey]bool // the messages it was sent
}

type heardKey struct {
	conversation domain.ConversationID
	seq          domain.Seq
	id           domain.MessageID
}

var _ ports.Socket = (*link)(nil)

// ID implements ports.Socket.
func (l *link) ID() domain.ConnectionID { return l.id }

// Client implements ports.Socket.
func (l *link) Client() string { return string(l.id) }

// Send implements ports.Socket.
func (l *link) Send(f ports.Frame) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if l.closing || l.gone || l.gateway.p.dead {
		return
	}
	if len(l.queue) >= sendBuffer {
		l.w.seen("slow connection cut")
		l.queue, l.closing = nil, true
		return
	}
	sent := f.(frame)
	l.queue = append(l.queue, sent)
	l.note(sent)
}

// note keeps what the promises are measured by.
func (l *link) note(f frame) {
	switch f.name {
	case "authenticated":
		l.opened = l.w.step
	case "resync":
		l.w.seen("resync")
		l.resyncs = append(l.resyncs, l.w.step)
	case string(domain.EventMessageNew):
		p := pointerOf(f)
		if l.heard == nil {
			l.heard = map[heardKey]bool{}
		}
		l.heard[heardKey{p.Conversation, p.Seq, p.ID}] = true
		l.w.checkEvent(claimsOf(l.token).User, p)
	}
}

// Disconnect implements ports.Socket.
func (l *link) Disconnect() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if !l.closing {
		l.closing, l.forGood = true, true
	}
}

// Drop implements ports.Socket.
func (l *link) Drop() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.closing = true
}

// lost tells the client that the connection is no more, whatever was on its way.
func (l *link) lost() {
	l.closing, l.queue = true, nil
	if !l.cut {
		l.cut = true
		l.client.disconnected(l)
	}
}

// open tells whether events still reach a client through it.
func (l *link) open() bool { return l.opened > 0 && !l.closing && !l.gone && !l.cut }

// pointerOf reads a message:new event.
func pointerOf(f frame) domain.Pointer {
	var p domain.PointerPayload
	raw, _ := f.payload.(json.RawMessage)
	if err := json.Unmarshal(raw, &p); err != nil {
		panic(err)
	}
	return domain.Pointer{
		Conversation: p.ConversationID, ID: p.MessageID, Seq: p.Seq, Sender: p.SenderID, ClientMsgID: p.ClientMsgID,
		CreatedAt: p.CreatedAt, Preview: p.Preview, HasMore: p.HasMore,
	}
}
