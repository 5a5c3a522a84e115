package simulation

import (
	"time"

	"chatsystem/domain"
)

// rules switches off rules of the client protocol, as planted bugs.
type rules struct {
	lastByMaximum bool // an event moves last across a gap
	lastByList    bool // a list moves last
	fetchOnce     bool // a gap is fetched once, closed or not
	neverRestored bool // a list is never behind
}

// phase says how far a timeline is.
type phase int

const (
	opening phase = iota // a first run: last is not known yet
	open                 // last is set
	gone                 // no member any more, until a list shows the conversation again
)

// timeline is a client's place in one conversation, by the rules of the protocol: everything up to last was handed out,
// and heard is the highest seq known of.
type timeline struct {
	rules

	phase    phase
	last     domain.Seq
	heard    domain.Seq
	heardAsk domain.Seq // heard when the list in progress was asked for
	joined   domain.Seq
	asking   bool
	tried    bool // since something was heard of
	epoch    int  // answers to questions of an earlier one are void
	pause    time.Duration
	next     time.Time // when to fetch again

	spans   []span
	server  int  // the state of the server that a list has shown: grows with every restore
	excused bool // the server was restored and had grown beyond heard before this client came back: no rule tells then
}

// span is a stretch of a log without a gap, and what was handed out of it.
type span struct {
	after, upTo domain.Seq
	messages    []domain.Pointer
}

func (t *timeline) behind() bool {
	switch t.phase {
	case open:
		return t.last < t.heard && (!t.fetchOnce || !t.tried)
	case opening:
		return true
	default:
		return false
	}
}

// begin sets last, and a stretch from there on.
func (t *timeline) begin(last domain.Seq) {
	t.phase, t.last = open, last
	t.spans = append(t.spans, span{after: last, upTo: last})
	t.hear(last)
}

// advance moves last up, never down, and hands a message out if there is one.
func (t *timeline) advance(seq domain.Seq, m ...domain.Pointer) {
	s := &t.spans[len(t.spans)-1]
	s.messages = append(s.messages, m...)
	t.last = max(t.last, seq)
	s.upTo = t.last
}

func (t *timeline) hear(seq domain.Seq) {
	if seq > t.heard {
		t.heard, t.tried = seq, false
	}
}

// event takes in an announced message, or the answer to an own send.
func (t *timeline) event(m domain.Pointer) {
	t.hear(m.Seq)
	if t.phase != open || m.Seq <= t.last {
		return
	}
	if m.Seq == t.last+1 || t.lastByMaximum {
		t.advance(m.Seq, m)
		t.pause = 0
	}
}

// page takes in the answer to a fetch after last.
func (t *timeline) page(p domain.HistoryPage) {
	for _, m := range p.Messages {
		if m.Seq > t.last {
			t.advance(m.Seq, m)
		}
	}
	if p.Next-1 > t.last {
		t.advance(p.Next - 1)
	}
	t.hear(t.last)
}

// listed takes in what a list shows; server is the state of the server that made it.
func (t *timeline) listed(v domain.ConversationView, server int) {
	t.joined = v.JoinedSeq
	if server != t.server {
		t.excused = t.excused || t.heardAsk <= v.LastSeq && t.heardAsk > 0
		t.server = server
	}
	switch {
	case t.heardAsk > v.LastSeq && !t.neverRestored:
		t.heard, t.heardAsk, t.spans = 0, 0, nil
		t.epoch++
		if t.phase != opening {
			t.begin(v.JoinedSeq)
		}
	case t.phase == gone:
		t.begin(max(t.last, v.JoinedSeq))
	}
	t.hear(v.LastSeq)
	if t.lastByList && t.phase == open {
		t.advance(v.LastSeq)
	}
}

// retry says when to fetch again after a fetch that closed no gap.
func (t *timeline) retry(now time.Time) {
	t.pause = min(max(2*t.pause, 200*time.Millisecond), 3*time.Second)
	t.next = now.Add(t.pause)
}
