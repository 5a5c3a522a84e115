package socketio

import (
	"context"
	"time"

	"github.com/olahol/melody"
)

// Drain ends the server gently: from now on new sessions are refused with 503, while those that
// are open are served until their turn comes and are then closed at the transport level, evenly
// spread over the period, so that stock clients reconnect (elsewhere) and do not all do so at
// once. It returns when every Disconnect has returned. If ctx ends first, whatever is left is cut
// off at once, and Drain returns ctx's error without waiting for it.
func (s *Server) Drain(ctx context.Context, period time.Duration) error {
	sessions := s.refuseNew()
	spread(ctx, period, len(sessions), func(i int) {
		sess := sessions[i]
		sess.mu.Lock()
		defer sess.mu.Unlock()
		sess.leave(ReasonShutdown, melody.CloseServiceRestart)
	})
	select {
	case <-s.idle:
		return nil
	case <-ctx.Done():
		for _, sess := range s.all() {
			sess.end(ReasonShutdown, cutConnection)
		}
		s.hub.cutAll()
		return ctx.Err()
	}
}

// Close is Drain without a period: every session is closed now.
func (s *Server) Close(ctx context.Context) error { return s.Drain(ctx, 0) }

// refuseNew stops the handshakes and returns the sessions there are.
func (s *Server) refuseNew() []*session {
	s.mu.Lock()
	s.draining = true
	s.checkIdle()
	s.mu.Unlock()
	return s.all()
}

// spread lets n connections go one by one, a pause after each, over the period or until ctx ends.
func spread(ctx context.Context, period time.Duration, n int, letGo func(i int)) {
	start := time.Now()
	for i := range n {
		letGo(i)
		// Counted from the start: many connections mean pauses shorter than a timer can keep.
		wait := time.Until(start.Add(period / time.Duration(n) * time.Duration(i+1)))
		if wait < time.Millisecond || i == n-1 {
			continue
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// checkIdle announces the end of a drain. mu is held.
func (s *Server) checkIdle() {
	if !s.draining || s.running > 0 {
		return
	}
	select {
	case <-s.idle: // announced already
	default:
		close(s.idle)
		s.hub.apart.close()
		s.agenda.close()
	}
}
