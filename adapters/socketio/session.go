package socketio

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

// session is one Engine.IO session: one client, whatever carries it at the moment. Two things
// change over its life, both under mu.
//
// Its state:
//
//	open     packets go both ways
//	leaving  the server ends it: what is queued still goes out, for leaveTimeout; nothing comes in
//	closed   over: in no registry, its transports ended, finish tells the receiver
//
// runs open → leaving → closed or open → closed, never back.
//
// Its carrier:
//
//	polling    ws and upgrade nil; a GET takes what is queued, without one the queue waits
//	upgrading  upgrade set; polling still carries, a WebSocket is on its way to take over
//	websocket  ws set; the queue drains into melody
//
// runs polling ⇄ upgrading → websocket, or is websocket as soon as the WebSocket which the session
// began with is open (until then nobody knows its id). The queue, the heartbeat and the order of
// packets belong to the session and survive the change.
//
// inbound is held while packets of the client are handled and while the receiver is told of the
// end, so that the Handler sees one thing at a time, in order. It is taken before mu, never inside.
type session struct {
	srv      *Server
	id       string // secret
	from     string // whose it is, before it says so
	receiver receiver

	inbound sync.Mutex

	mu        sync.Mutex
	state     state
	reason    string     // why it is leaving
	closeCode int        // what a leaving WebSocket is closed with
	queue     []eio.Wire // waits for the carrier, at most Config.SendQueue
	deadlines deadlines

	appointment appointment // guarded by the agenda

	poll        *poll           // the GET that waits, if any
	pollArrived chan<- struct{} // to be closed by the next GET, if set
	posting     bool            // a POST is being served
	goodbye     eio.Type        // what a GET that waits is answered when the session closes

	upgrade  *upgrade
	ws       *melody.Session
	inFlight int // messages that melody has and has not written yet
}

type state byte

const (
	stateOpen state = iota
	stateLeaving
	stateClosed
)

// receiver is what reads a session's messages. Its methods are called one at a time.
type receiver interface {
	// message takes one inbound message. An error ends the session.
	message(data []byte, binary bool) error
	// closed tells, once and last, that the session is over.
	closed(reason string)
}

const (
	leaveTimeout  = 3 * time.Second // for a leaving session's last packets
	cutConnection = 0               // instead of a close code: end the TCP connection at once
)

func (s *Server) newSession(id string, r *http.Request) *session {
	sess := &session{
		srv:     s,
		id:      id,
		goodbye: eio.Close,
	}
	if of := s.cfg.ClientOf; of != nil {
		sess.from = of(r)
	}
	sess.receiver = s.newReceiver(sess)
	return sess
}

// enqueue sends packets, in order and nothing in between. A client whose queue is full is cut
// off: a packet is never left out. mu is held.
func (s *session) enqueue(wires ...eio.Wire) {
	if s.state != stateOpen {
		return
	}
	if len(s.queue)+len(wires) > s.srv.cfg.SendQueue {
		s.shut(ReasonSlow, cutConnection)
		return
	}
	for len(wires) > 0 && s.writable() { // which implies that nothing is queued before them
		s.write(s.ws, wires[0])
		wires = wires[1:]
	}
	s.queue = append(s.queue, wires...)
	s.flush()
}

// flush hands what is queued to the carrier and ends a leaving session that has nothing left to
// say on its WebSocket. mu is held.
func (s *session) flush() {
	switch {
	case s.state == stateClosed:
	case s.ws != nil:
		n := 0
		for n < len(s.queue) && s.writable() {
			s.write(s.ws, s.queue[n])
			n++
		}
		s.dequeue(n)
		if s.state == stateLeaving && len(s.queue) == 0 {
			s.shut(s.reason, s.closeCode)
		}
	case s.poll != nil && (len(s.queue) > 0 || s.state == stateLeaving):
		s.poll.rouse()
	}
}

// dequeue drops the first n packets, which are on their way. mu is held.
func (s *session) dequeue(n int) {
	if n == len(s.queue) {
		s.queue = nil // an idle session keeps no buffer
		return
	}
	s.queue = slices.Delete(s.queue, 0, n)
}

// leave ends an open session from the server's side, once what is queued and then last has gone
// out. closeCode is the WebSocket's. mu is held.
func (s *session) leave(reason string, closeCode int, last ...eio.Wire) {
	s.enqueue(last...)
	if s.state != stateOpen {
		return
	}
	s.state, s.reason, s.closeCode = stateLeaving, reason, closeCode
	s.deadlines.last(time.Now().Add(leaveTimeout))
	s.arm()
	s.flush()
}

// shut ends the session at once. closeCode goes into the WebSocket's close frame; cutConnection
// sends none. mu is held.
func (s *session) shut(reason string, closeCode int) {
	if s.state == stateClosed {
		return
	}
	if s.state == stateLeaving {
		reason = s.reason
	}
	s.state, s.reason, s.queue = stateClosed, reason, nil
	s.srv.agenda.drop(s)
	if s.poll != nil {
		s.poll.rouse()
	}
	s.abandonUpgrade()
	if s.ws != nil {
		hangUp(s.ws, closeCode)
	}
	s.srv.forget(s)
	go s.finish(reason)
}

// end is shut for callers without mu.
func (s *session) end(reason string, closeCode int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut(reason, closeCode)
}

// finish runs apart from whoever closed the session, because that may be the receiver itself.
func (s *session) finish(reason string) {
	defer s.srv.exit()
	s.inbound.Lock()
	defer s.inbound.Unlock()
	s.receiver.closed(reason)
}

// isOpen reports whether packets are still wanted.
func (s *session) isOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateOpen
}

// receive handles one packet of the client; inbound is held. An error is one that has ended the
// session.
func (s *session) receive(p eio.Packet) error {
	switch p.Type {
	case eio.Message:
		if !s.isOpen() {
			return nil
		}
		if err := s.receiver.message(p.Data, p.Binary); err != nil {
			s.end(ReasonParseError, melody.CloseProtocolError)
			return err
		}
	case eio.Pong:
		s.pong()
	case eio.Close:
		s.farewell()
	case eio.Ping:
		s.end(ReasonParseError, melody.CloseProtocolError)
		return errClientPing
	default: // open, upgrade and noop mean nothing here; the Node server passes over them, too
	}
	return nil
}

// farewell closes the session because the client said so: a noop answers its GET then. A client may
// send both at once, and either may be served first, so a GET on its way is waited for, or it
// would find the session unknown. inbound is held.
func (s *session) farewell() {
	s.awaitPoll()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goodbye = eio.Noop
	s.shut(ReasonTransportClose, melody.CloseNormalClosure)
}
