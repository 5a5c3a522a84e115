package socketio

import (
	"net/http"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

// upgrade is a WebSocket that is to take over a polling session. It starts with the request, so
// that a GET which arrives after it is known to be late; ms is set when the WebSocket is open.
type upgrade struct {
	ms       *melody.Session
	probed   bool // 2probe has come, 3probe has gone
	deadline time.Time
}

// noopDelay is how long a GET is held back between probe and upgrade before a noop ends it. The
// client needs that answer to pause polling; at once, it would poll again and again until it
// hears of the probe. The Node server takes up to 100 ms.
const noopDelay = 50 * time.Millisecond

// serveUpgrade opens the second transport of a session. There is one at a time, and none after one
// has succeeded: a surplus WebSocket is accepted and closed, and the session does not notice.
func (s *Server) serveUpgrade(w http.ResponseWriter, r *http.Request, sess *session) {
	u := sess.reserveUpgrade()
	if u == nil {
		s.hub.accept(w, r, &arrival{})
		return
	}
	if !s.hub.accept(w, r, &arrival{session: sess, upgrade: u}) {
		sess.releaseUpgrade(u)
	}
}

// reserveUpgrade returns nil if the session cannot be upgraded now.
func (s *session) reserveUpgrade() *upgrade {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed || s.ws != nil || s.upgrade != nil {
		return nil
	}
	s.upgrade = &upgrade{deadline: time.Now().Add(s.srv.cfg.UpgradeTimeout)}
	s.arm()
	return s.upgrade
}

// releaseUpgrade gives up a reservation that came to nothing.
func (s *session) releaseUpgrade(u *upgrade) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upgrade == u {
		s.abandonUpgrade()
	}
}

// upgradeArrived is called when the WebSocket of u is open.
func (s *session) upgradeArrived(u *upgrade, ms *melody.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upgrade != u { // too late
		hangUp(ms, melody.CloseNormalClosure)
		return
	}
	u.ms = ms
}

// probe handles a packet from a WebSocket that does not carry the session: first 2probe, then 5.
// Anything else ends that WebSocket; polling goes on.
func (s *session) probe(ms *melody.Session, p eio.Packet, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.upgrade
	if u == nil || u.ms != ms {
		return
	}
	switch {
	case err == nil && !u.probed && p.Type == eio.Ping && string(p.Data) == "probe":
		u.probed = true
		s.write(ms, eio.Packet{Type: eio.Pong, Data: p.Data}.Wire())
		s.endPollSoon()
	case err == nil && u.probed && p.Type == eio.Upgrade:
		s.upgrade, s.ws = nil, ms
		if s.poll != nil {
			s.poll.rouse()
		}
		s.flush()
	default:
		s.abandonUpgrade()
	}
}

// endPollSoon sees to it that a waiting GET is answered while a probed WebSocket waits for the
// client to stop polling. mu is held.
func (s *session) endPollSoon() {
	if s.poll != nil && s.upgrade != nil && s.upgrade.probed {
		s.poll.noopAt = time.Now().Add(noopDelay)
		s.arm()
	}
}

// abandonUpgrade closes the WebSocket that was to take over, if any. mu is held.
func (s *session) abandonUpgrade() {
	u := s.upgrade
	if u == nil {
		return
	}
	s.upgrade, s.inFlight = nil, 0
	if u.ms != nil {
		hangUp(u.ms, melody.CloseNormalClosure)
	}
}
