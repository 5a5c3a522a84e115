package sdk

import (
	"net/http"
	"time"
)

// list asks for all conversations, to find out which have gone on. A list asked for before now does not count.
func (p *pump) list() {
	if p.listing {
		p.listAgain = true
		return
	}
	p.listing, p.listAgain = true, false
	p.book.listing()
	p.s.wg.Go(func() {
		var all []Conversation
		for c, err := range p.s.client.conversations(p.s.ctx, 1) {
			if err != nil {
				p.s.post(func() { p.listFailed(err) })
				return
			}
			all = append(all, c)
		}
		p.s.post(func() { p.listed(all) })
	})
}

func (p *pump) listed(all []Conversation) {
	p.listing = false
	p.listPause.reset()
	p.book.listed(all)
	for id := range p.book.timelines {
		p.consider(id)
	}
	if p.listAgain {
		p.list()
	}
}

func (p *pump) listFailed(err error) {
	if p.fatal(err) {
		return
	}
	p.troubled(err)
	time.AfterFunc(p.listPause.after(err), func() {
		p.s.post(func() {
			p.listing = false
			p.list()
		})
	})
}

// introduce asks for a conversation that a message came from, but no list has shown.
func (p *pump) introduce(id string) {
	if !p.book.started || p.introducing[id] {
		return
	}
	p.introducing[id] = true
	p.s.wg.Go(func() {
		var c Conversation
		_, err := p.s.client.try(p.s.ctx, call{method: http.MethodGet, path: conversationRoute(id), out: &c})
		p.s.post(func() { p.introduced(id, c, err) })
	})
}

func (p *pump) introduced(id string, c Conversation, err error) {
	delete(p.introducing, id)
	switch {
	case err == nil && c.ConversationID == id:
		p.book.introduced(c)
		p.consider(id)
	case hasStatus(err, http.StatusNotFound): // the user has left again
	case !p.fatal(err):
		p.list() // which is tried until it succeeds
	}
}
