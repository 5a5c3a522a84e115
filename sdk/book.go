package sdk

import "maps"

// book is a subscription's timelines: one per conversation it knows of. Like them it does nothing itself.
type book struct {
	backlog   int
	started   bool // a conversation first heard of from now on is new, and read from where the user joined
	timelines map[string]*timeline
}

// newBook returns the book of a first run, or of one that goes on from positions that are not nil.
func newBook(backlog int, from Positions) *book {
	b := &book{backlog: backlog, started: from != nil, timelines: make(map[string]*timeline)}
	for id, p := range from {
		b.timelines[id] = &timeline{phase: open, last: p.Seq, heard: p.Seq, newest: p.At}
	}
	return b
}

// listing notes that a list is being asked for now; one at a time.
func (b *book) listing() {
	for _, t := range b.timelines {
		t.listing()
	}
}

// listed takes in a whole list.
func (b *book) listed(conversations []Conversation) {
	for _, c := range conversations {
		b.timeline(c).listed(c)
	}
	b.started = true
}

// introduced takes in one conversation that was asked for because an event named it.
func (b *book) introduced(c Conversation) {
	t := b.timeline(c)
	t.heardAsk = 0 // a list decides whether a server was restored
	t.listed(c)
}

func (b *book) timeline(c Conversation) *timeline {
	t := b.timelines[c.ConversationID]
	if t == nil {
		t = &timeline{phase: opening}
		if b.started {
			t.phase, t.last, t.heard = open, c.JoinedSeq, c.JoinedSeq
		}
		b.timelines[c.ConversationID] = t
	}
	return t
}

// known returns the timeline of a conversation the user is a member of, as far as known, or nil.
func (b *book) known(id string) *timeline {
	if t := b.timelines[id]; t != nil && t.phase != gone {
		return t
	}
	return nil
}

// ready tells whether the starting point of every conversation is fixed.
func (b *book) ready() bool {
	if !b.started {
		return false
	}
	for t := range maps.Values(b.timelines) {
		if t.phase == opening {
			return false
		}
	}
	return true
}
