package sdk

import (
	"errors"
	"net/http"
	"time"
)

const (
	listEvery  = 5 * time.Minute // give or take
	maxFetches = 4               // in flight at once, over all conversations
)

// pump brings a subscription's book up to date and the messages to its consumer. All of it runs on one goroutine, which
// never waits for anything but work; requests run beside it and post their outcome.
//
// Its memory is bounded: with the queue full, events only raise what is known to be missing, and no fetch begins.
type pump struct {
	s    *Subscription
	book *book

	queue    []Message // to hand out, in order
	fetchers map[string]*fetcher
	openings []string // conversations whose starting point is to be fetched: needs no room in the queue
	waiting  []string // conversations to fetch from when there is room
	inFlight int

	trouble error // what went wrong last; Subscribe reports it when it gives up

	listing     bool // a list is in flight, or about to be tried again
	listAgain   bool // something happened after it was asked for
	listPause   backoff
	introducing map[string]bool // unknown conversations being asked for
}

// fetcher is when to fetch from one conversation.
type fetcher struct {
	pause  backoff
	queued bool        // in openings or waiting
	timer  *time.Timer // not before it fires; nil: now
}

func newPump(s *Subscription) *pump {
	return &pump{
		s: s, book: newBook(s.cfg.backlog, s.cfg.positions),
		fetchers: make(map[string]*fetcher), introducing: make(map[string]bool),
		listPause: backoff{ceiling: fetchDelay},
	}
}

func (p *pump) run() {
	relist := time.NewTimer(spread(listEvery))
	defer relist.Stop()
	p.list()
	for {
		p.startFetches()
		p.checkReady()
		var out chan<- Message
		var next Message
		if len(p.queue) > 0 {
			out, next = p.s.out, p.queue[0]
		}
		select {
		case work := <-p.s.inbox:
			work()
		case out <- next:
			p.queue[0] = Message{}
			p.queue = p.queue[1:]
		case <-relist.C:
			relist.Reset(spread(listEvery))
			p.list()
		case <-p.s.ctx.Done():
			return
		}
	}
}

// checkReady tells Subscribe when it may return.
func (p *pump) checkReady() {
	select {
	case <-p.s.ready:
	default:
		if p.book.ready() {
			close(p.s.ready)
		}
	}
}

func (p *pump) room() bool { return len(p.queue) < p.s.cfg.buffer }

// troubled notes a failure that is going to be tried again. Before the connection begins it is the state's, too.
func (p *pump) troubled(err error) {
	p.trouble = err
	select {
	case <-p.s.ready:
	default:
		p.s.setState(ConnectionState{Phase: Connecting, Err: err})
	}
}

// fatal ends the subscription if the session is over.
func (p *pump) fatal(err error) bool {
	if errors.Is(err, ErrSignedOut) {
		p.s.cancel(err)
		return true
	}
	return false
}

// hear takes in an announced message, by an event or by the answer to an own Send.
func (p *pump) hear(m Message) {
	t := p.book.known(m.ConversationID)
	if t == nil {
		p.introduce(m.ConversationID)
		return
	}
	if t.event(m, p.room()) {
		p.queue = append(p.queue, m)
		p.hurry(m.ConversationID)
	}
	p.consider(m.ConversationID)
}

// consider has the conversation fetched from if something is missing and nothing is under way.
func (p *pump) consider(id string) {
	t, f := p.book.timelines[id], p.fetcher(id)
	if !t.behind() || t.asking || f.queued || f.timer != nil {
		return
	}
	f.queued = true
	if t.handsOut() {
		p.waiting = append(p.waiting, id)
	} else {
		p.openings = append(p.openings, id)
	}
}

// later considers the conversation after a pause.
func (p *pump) later(id string, d time.Duration) {
	f := p.fetcher(id)
	f.timer = time.AfterFunc(d, func() {
		p.s.post(func() {
			f.timer = nil
			p.consider(id)
		})
	})
}

// hurry ends the conversation's pause: what was missing has begun to arrive.
func (p *pump) hurry(id string) {
	f := p.fetcher(id)
	f.pause.reset()
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
}

func (p *pump) fetcher(id string) *fetcher {
	f := p.fetchers[id]
	if f == nil {
		f = &fetcher{pause: backoff{ceiling: fetchDelay}}
		p.fetchers[id] = f
	}
	return f
}

// startFetches begins as many fetches as may run and have room for their answers.
func (p *pump) startFetches() {
	for p.inFlight < maxFetches {
		list := &p.openings
		if len(*list) == 0 && p.room() {
			list = &p.waiting
		}
		if len(*list) == 0 {
			return
		}
		id := (*list)[0]
		*list = (*list)[1:]
		p.fetcher(id).queued = false
		if a, ok := p.book.timelines[id].question(p.book.backlog); ok {
			p.inFlight++
			p.s.wg.Go(func() {
				var page MessagePage
				_, err := p.s.client.try(p.s.ctx, pageCall(id, a.window, &page))
				p.s.post(func() { p.fetched(id, a, page, err) })
			})
		}
	}
}

// fetched takes in the outcome of a fetch, and has it repeated while something is missing.
func (p *pump) fetched(id string, a ask, page MessagePage, err error) {
	p.inFlight--
	t, f := p.book.timelines[id], p.fetcher(id)
	switch {
	case err == nil:
	case hasStatus(err, http.StatusNotFound):
		t.dismissed(a)
		p.consider(id)
		return
	case p.fatal(err):
		return
	default:
		p.troubled(err)
		t.failed()
		p.later(id, f.pause.after(err))
		return
	}
	before := *t
	p.queue = append(p.queue, t.answer(a, page, p.book.backlog)...)
	begun := t.phase != before.phase
	if begun {
		p.s.begun(id, Position{Seq: t.last, At: t.newest})
	}
	switch {
	case begun || t.last > before.last || a.epoch != t.epoch:
		f.pause.reset()
		p.consider(id)
	case t.behind(): // what is missing is not settled yet
		p.later(id, f.pause.next())
	}
}
