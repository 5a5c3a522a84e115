package sqlite

import (
	"sync"

	"chatsystem/domain"
)

// liveSessions remembers sessions that were found not to be revoked: every client that connects asks for its own, and to
// look it up took a sixth of what a connection costs. Whatever may end a session makes it forget all of them.
type liveSessions struct {
	mu    sync.Mutex
	known map[domain.SessionID]struct{}
	epoch int // how often they were forgotten
}

const maxLiveSessions = 16384 // some 2 MB

func newLiveSessions() *liveSessions {
	return &liveSessions{known: map[domain.SessionID]struct{}{}}
}

// has tells whether a session is known to live, and the epoch in which it is not known.
func (l *liveSessions) has(id domain.SessionID) (known bool, epoch int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known = l.known[id]
	return known, l.epoch
}

// add remembers a session that was read in an epoch. If that is over, what was read may be as well.
func (l *liveSessions) add(id domain.SessionID, epoch int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch != l.epoch {
		return
	}
	if len(l.known) >= maxLiveSessions {
		clear(l.known)
	}
	l.known[id] = struct{}{}
}

func (l *liveSessions) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	clear(l.known)
}
