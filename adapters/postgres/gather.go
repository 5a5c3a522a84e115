package postgres

import (
	"errors"
	"runtime"
	"slices"
	"sync"

	"chatsystem/domain"
)

const (
	maxGroup   = 256  // seqs and settlements in one transaction: bounds how long conversations are locked
	maxWaiting = 1024 // requests for one conversation behind the transaction under way; more are refused
	maxLanes   = 4    // transactions under way that conversations share
)

// group is requests for one conversation that one transaction answers.
type group struct {
	conversation domain.ConversationID
	members      []*asking
}

// gatherer has requests share transactions: who asks while maxLanes of them are under way gathers, and goes with the next
// one, together with those of other conversations. A commit then costs many requests what it costs one.
//
// A shared transaction waits for no conversation, so that nobody in it waits for what others hold: a group whose
// conversation is locked is left out and goes alone. Of one conversation a single group is under way at a time: they would
// wait for one lock anyway, and wait here instead of on connections that others need.
type gatherer struct {
	share func(groups []group) (left []group) // answers all but those it returns
	alone func(g group)                       // answers one, which may wait for a lock

	mu      sync.Mutex
	closed  bool
	lines   map[domain.ConversationID]*line
	ready   []domain.ConversationID // lines where somebody waits and nothing is under way, the first come first
	lanes   int                     // goroutines that share
	running sync.WaitGroup
}

// line is the requests for one conversation.
type line struct {
	waiting  []*asking
	underWay bool // a group of them
}

func newGatherer(share func([]group) []group, alone func(group)) *gatherer {
	return &gatherer{share: share, alone: alone, lines: map[domain.ConversationID]*line{}}
}

// enqueue puts requests in the lines of their conversations, all or, with an error, none.
func (g *gatherer) enqueue(all ...*asking) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return unavailable(errors.New("postgres: the database is closed"))
	}
	for _, a := range all {
		if l := g.lines[a.conversation]; l != nil && len(l.waiting) >= maxWaiting {
			return unavailable(errors.New("postgres: too many requests wait for one conversation"))
		}
	}
	for _, a := range all {
		l := g.lines[a.conversation]
		if l == nil {
			l = &line{}
			g.lines[a.conversation] = l
		}
		if l.waiting = append(l.waiting, a); len(l.waiting) == 1 && !l.underWay {
			g.ready = append(g.ready, a.conversation)
		}
	}
	g.wake()
	return nil
}

// wake starts a lane if there is one free and something to do. The caller holds mu.
func (g *gatherer) wake() {
	if len(g.ready) > 0 && g.lanes < maxLanes {
		g.lanes++
		g.running.Go(g.lane)
	}
}

// lane runs shared transactions while somebody waits for one.
func (g *gatherer) lane() {
	for {
		runtime.Gosched() // whom the last transaction answered and who asks again at once: in time for the next
		groups := g.take()
		if len(groups) == 0 {
			return
		}
		locked := map[domain.ConversationID]bool{}
		for _, left := range g.share(groups) {
			locked[left.conversation] = true
			g.running.Go(func() {
				g.alone(left)
				g.finish(left)
			})
		}
		g.finish(slices.DeleteFunc(groups, func(done group) bool { return locked[done.conversation] })...)
	}
}

// take returns the groups of the next shared transaction; if nobody waits, the lane ends.
func (g *gatherer) take() (groups []group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for room := maxGroup; room > 0 && len(g.ready) > 0; {
		c := g.ready[0]
		g.ready = g.ready[1:]
		l := g.lines[c]
		n := 0
		for ; n < len(l.waiting) && room > 0; n++ {
			room -= l.waiting[n].weight()
		}
		groups = append(groups, group{c, l.waiting[:n:n]})
		l.waiting, l.underWay = l.waiting[n:], true
	}
	if len(groups) == 0 {
		g.lanes--
	}
	g.wake()
	return groups
}

// finish lets those go on who wait behind groups.
func (g *gatherer) finish(groups ...group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, done := range groups {
		l := g.lines[done.conversation]
		if l.underWay = false; len(l.waiting) == 0 {
			delete(g.lines, done.conversation)
		} else {
			g.ready = append(g.ready, done.conversation)
		}
	}
	g.wake()
}

// close refuses new requests and waits for those under way.
func (g *gatherer) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.running.Wait()
}
