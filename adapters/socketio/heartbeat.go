package socketio

import (
	"errors"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

var errClientPing = errors.New("ping from the client, which only answers pings")

// deadlines are the times at which something happens to a session by itself; the next of them is in the server's agenda. A zero
// time is not set; die always is. The session's mu guards them.
type deadlines struct {
	ping    time.Time // send a ping
	die     time.Time // no pong, or a leaving session did not get its last words out
	connect time.Time // no namespace joined
}

// last leaves only the final deadline.
func (d *deadlines) last(t time.Time) {
	d.ping, d.connect, d.die = time.Time{}, time.Time{}, t
}

// start begins a session's life, before anybody else knows of it.
func (s *session) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.beat(now)
	s.awaitConnect(now)
	s.arm()
}

// beat schedules the next ping, and the end if no pong follows it. Both count from now, however
// late the timer fires. mu is held.
func (s *session) beat(now time.Time) {
	s.deadlines.ping = s.srv.nextBeat(now)
	s.deadlines.die = s.deadlines.ping.Add(s.srv.cfg.PingTimeout)
}

// beatsPerInterval is how many moments of a ping interval pings are sent at.
const beatsPerInterval = 50

// nextBeat returns when to ping who was heard of now: after a ping interval, or a little earlier, together with others. A
// process that is idle but for heartbeats spends most of its time on waking up and going to sleep.
func (s *Server) nextBeat(now time.Time) time.Time {
	due := now.Sub(s.started) + s.cfg.PingInterval
	return s.started.Add(due - due%max(1, s.cfg.PingInterval/beatsPerInterval))
}

// awaitConnect gives the client ConnectTimeout to join a namespace. mu is held.
func (s *session) awaitConnect(now time.Time) {
	if d := s.srv.cfg.ConnectTimeout; d > 0 {
		s.deadlines.connect = now.Add(d)
	}
}

func (s *session) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateOpen {
		s.beat(time.Now())
		s.arm()
	}
}

// arm puts the next deadline of a session that is not over into the agenda. mu is held.
func (s *session) arm() {
	if s.state == stateClosed {
		return
	}
	next := s.deadlines.die
	for _, t := range s.optionalDeadlines() {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	s.srv.agenda.set(s, next)
}

func (s *session) optionalDeadlines() [4]time.Time {
	times := [4]time.Time{s.deadlines.ping, s.deadlines.connect}
	if s.upgrade != nil {
		times[2] = s.upgrade.deadline
	}
	if s.poll != nil {
		times[3] = s.poll.noopAt
	}
	return times
}

// tick is what the agenda calls. It may come late or once too often: only the clock counts.
func (s *session) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(time.Now())
	s.arm()
}

// expire does what is due by now. Requests call it, too, so that a session whose time is up is
// over even if its tick is late. mu is held.
func (s *session) expire(now time.Time) {
	due := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	d := &s.deadlines
	switch {
	case due(d.die):
		s.shut(ReasonPingTimeout, cutConnection)
		return
	case due(d.connect):
		s.shut(ReasonConnectTimeout, melody.CloseNormalClosure)
		return
	}
	if s.upgrade != nil && due(s.upgrade.deadline) {
		s.abandonUpgrade()
	}
	if s.poll != nil && due(s.poll.noopAt) {
		s.poll.noopAt, s.poll.noop = time.Time{}, true
		s.poll.rouse()
	}
	if due(d.ping) {
		d.ping = time.Time{}
		s.enqueue(eio.Packet{Type: eio.Ping}.Wire())
	}
}
