package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"chatsystem/domain"
)

const (
	maxGroup   = 128  // requests in one transaction: bounds how long the conversation is locked
	maxWaiting = 1024 // requests for one conversation behind the transaction under way; more are refused
)

// asking is one request to allocate on its way.
type asking struct {
	ctx     context.Context
	request domain.AllocationRequest
	done    chan struct{}
	outcome outcome // for the caller once done is closed
}

type outcome struct {
	allocation domain.Allocation
	created    bool
	err        error
}

// gatherer runs the requests for one conversation one group after another: who asks while a group is under way is in the next
// one. All allocations of a conversation wait for one lock anyway; so they share its cost, and wait here instead of on
// connections that other conversations need. There is a goroutine for each conversation with a group under way.
type gatherer struct {
	run func(c domain.ConversationID, group []*asking) // answers each of the group

	mu      sync.Mutex
	closed  bool
	waiting map[domain.ConversationID][]*asking // has an entry, if empty, while a group is under way
	running sync.WaitGroup
}

func newGatherer(run func(domain.ConversationID, []*asking)) *gatherer {
	return &gatherer{run: run, waiting: map[domain.ConversationID][]*asking{}}
}

// ask waits for the outcome of a request, or until ctx ends. The request is left out if that was before its group had the
// lock; after that it may take effect.
func (g *gatherer) ask(ctx context.Context, r domain.AllocationRequest) outcome {
	if err := ctx.Err(); err != nil {
		return outcome{err: err}
	}
	a := &asking{ctx: ctx, request: r, done: make(chan struct{})}
	if err := g.enqueue(a); err != nil {
		return outcome{err: err}
	}
	select {
	case <-a.done:
		return a.outcome
	case <-ctx.Done():
		return outcome{err: ctx.Err()}
	}
}

func (g *gatherer) enqueue(a *asking) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := a.request.Conversation
	waiting, underWay := g.waiting[c]
	switch {
	case g.closed:
		return unavailable(errors.New("postgres: the database is closed"))
	case len(waiting) == maxWaiting:
		return unavailable(errors.New("postgres: too many requests wait for one conversation"))
	}
	g.waiting[c] = append(waiting, a)
	if !underWay {
		g.running.Go(func() {
			for group := g.take(c); group != nil; group = g.take(c) {
				g.run(c, group)
			}
		})
	}
	return nil
}

// take returns the next group; nil if nobody waits.
func (g *gatherer) take(c domain.ConversationID) []*asking {
	g.mu.Lock()
	defer g.mu.Unlock()
	waiting := g.waiting[c]
	if len(waiting) == 0 {
		delete(g.waiting, c)
		return nil
	}
	n := min(len(waiting), maxGroup)
	g.waiting[c] = waiting[n:]
	return waiting[:n:n]
}

// close refuses new requests and waits for those under way.
func (g *gatherer) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.running.Wait()
}

// sharedContext is the context of a group: it ends after defaultTimeout, or as soon as every caller has gone. Its values are
// those of the first.
func sharedContext(group []*asking) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(group[0].ctx), defaultTimeout)
	here := new(atomic.Int32)
	here.Store(int32(len(group)))
	stops := make([]func() bool, len(group))
	for i, a := range group {
		stops[i] = context.AfterFunc(a.ctx, func() {
			if here.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// present returns those of a group whose callers still wait.
func present(group []*asking) []*asking {
	here := make([]*asking, 0, len(group))
	for _, a := range group {
		if err := a.ctx.Err(); err != nil {
			a.outcome = outcome{err: err}
			continue
		}
		here = append(here, a)
	}
	return here
}
