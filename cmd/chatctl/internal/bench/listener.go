package bench

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// The pauses before a lost connection is tried again.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 3 * time.Second
)

// listener is a user's live connection and what came over it. A lost one is opened again.
type listener struct {
	user
	bench *Bench

	mu       sync.Mutex
	marker   marker // of the load under way
	heard    func(arrival)
	arrivals []arrival // of that load, in the order in which they came
	told     int       // how often the connection said that something may have been missed: it was lost, or told to resync
	socket   *socket
	closed   bool
	done     chan struct{}
}

// listen opens the connection and keeps it until stop is called.
func (b *Bench) listen(ctx context.Context, u user) (*listener, error) {
	s, err := b.dial(ctx, u.Tokens().AccessToken)
	if err != nil {
		return nil, err
	}
	l := &listener{user: u, bench: b, socket: s, done: make(chan struct{})}
	go l.run(ctx)
	return l, nil
}

func (l *listener) run(ctx context.Context) {
	defer close(l.done)
	s := l.socket
	for {
		l.receive(s)
		s.close()
		pause := firstPause
		for {
			l.note()
			if l.isClosed() || ctx.Err() != nil {
				return
			}
			select {
			case <-time.After(rand.N(pause)):
			case <-ctx.Done():
				return
			}
			pause = min(2*pause, maxPause)
			_ = l.Refresh(ctx) // the token may be what is wrong; else the present one serves
			var err error
			if s, err = l.bench.dial(ctx, l.Tokens().AccessToken); err == nil {
				break
			}
		}
		if !l.replace(s) {
			s.close()
			return
		}
	}
}

// receive handles events until the connection ends.
func (l *listener) receive(s *socket) {
	for {
		e, err := s.next()
		if err != nil {
			return
		}
		switch e.name {
		case "message:new":
			l.hear(e.payload)
		case "resync":
			l.note()
		}
	}
}

func (l *listener) hear(payload []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ours := l.marker.arrived(payload); ours && l.heard != nil {
		l.arrivals = append(l.arrivals, a)
		l.heard(a)
	}
}

// note remembers that catching up is called for.
func (l *listener) note() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told++
}

func (l *listener) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// replace takes over a new connection, unless the listener has been stopped.
func (l *listener) replace(s *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.socket = s
	return !l.closed
}

// expect has the messages of a load heard from now on.
func (l *listener) expect(m marker, heard func(arrival)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marker, l.heard, l.arrivals, l.told = m, heard, nil, 0
}

// count returns how many events have come.
func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.arrivals)
}

// result returns what has come, and whether the connection said that there may be more.
func (l *listener) result() (arrivals []arrival, told bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.arrivals, l.told > 0
}

// stop ends the connection and waits until nothing of it runs.
func (l *listener) stop() {
	l.mu.Lock()
	l.closed = true
	l.socket.close()
	l.mu.Unlock()
	<-l.done
}

func stopAll(listeners []*listener) {
	for _, l := range listeners {
		if l != nil {
			l.stop()
		}
	}
}
