package sdk

import "time"

// timeline is a subscription's place in one conversation. It decides what may be handed out and what to fetch next,
// and does nothing itself: no I/O, no clock.
//
// Everything up to last has been handed out (or was there before the subscription began); heard is the highest seq
// known to have been given out. While last < heard something is missing, and only an answer to After(last) or the
// event last+1 moves last: an event beyond a gap, and a list, raise heard only. So what is handed out ascends without
// a gap and without a repeat.
type timeline struct {
	phase  phase
	last   int64
	heard  int64
	newest time.Time // when the newest message below last was created, as far as known

	floor    int64 // the member's joined_seq, below which a restored conversation is not read again
	heardAsk int64 // heard when the list in progress was asked for
	asking   bool  // a fetch is in flight: never two
	epoch    int   // grows when the timeline starts anew; answers to questions of an earlier one are void
}

// phase says how far a timeline is.
type phase int

const (
	opening   phase = iota // first run: last is not known before an answer to Latest
	reopening              // the same after the server was restored to an earlier state
	open                   // last is set
	gone                   // the user is no member any more, until a list shows the conversation again
)

// ask is a fetch to make, and what its answer is measured by.
type ask struct {
	window Window
	epoch  int
}

// Limits of what is asked for at once.
const (
	fetchLimit  = 100
	reopenLimit = 200 // the most the server gives
)

// behind tells whether there is something to fetch.
func (t *timeline) behind() bool {
	switch t.phase {
	case open:
		return t.last < t.heard
	case gone:
		return false
	default:
		return true
	}
}

// handsOut tells whether the answer to the next fetch may contain messages to hand out.
func (t *timeline) handsOut() bool { return t.phase == open }

// question returns the fetch to make now, if any, and counts it as in flight: its outcome must come back through
// answer, failed or dismissed. Backlog is how many of the latest messages a first run begins with.
func (t *timeline) question(backlog int) (ask, bool) {
	if t.asking || !t.behind() {
		return ask{}, false
	}
	t.asking = true
	a := ask{epoch: t.epoch}
	switch t.phase {
	case opening:
		a.window = Latest().Limit(max(1, backlog))
	case reopening:
		a.window = Latest().Limit(reopenLimit)
	default:
		a.window = After(t.last).Limit(fetchLimit)
	}
	return a, true
}

// answer takes in a page and returns the messages to hand out, ascending.
func (t *timeline) answer(a ask, p MessagePage, backlog int) []Message {
	t.asking = false
	if a.epoch != t.epoch || t.phase == gone {
		return nil
	}
	if t.phase != open {
		t.begin(p, backlog)
		return nil
	}
	var fresh []Message
	for _, m := range p.Messages {
		if m.Seq > t.last {
			fresh = append(fresh, m)
			t.last, t.newest = m.Seq, m.CreatedAt
		}
	}
	t.last = max(t.last, p.NextSeq-1)
	t.hear(t.last)
	return fresh
}

// begin sets last from an answer to Latest. Nothing is handed out yet: what follows last is fetched like anything else.
func (t *timeline) begin(p MessagePage, backlog int) {
	t.last = p.NextSeq - 1
	switch {
	case t.phase == reopening:
		t.last = max(t.floor, unseen(p, t.newest))
	case backlog > 0:
		t.last = p.FirstSeq - 1
	case len(p.Messages) > 0:
		t.newest = p.Messages[len(p.Messages)-1].CreatedAt
	}
	t.phase = open
	t.hear(max(t.last, p.NextSeq-1))
}

// unseen returns the seq before the first message of p that was created after newest. A restored conversation gives
// the same seqs to other messages, but times never fall within one: what is newer than all that was seen is new.
func unseen(p MessagePage, newest time.Time) int64 {
	for _, m := range p.Messages {
		if m.CreatedAt.After(newest) {
			return m.Seq - 1
		}
	}
	return p.NextSeq - 1
}

// failed ends a fetch that brought nothing.
func (t *timeline) failed() { t.asking = false }

// dismissed ends a fetch that was answered with 404.
func (t *timeline) dismissed(a ask) {
	t.asking = false
	if a.epoch == t.epoch {
		t.phase = gone
	}
}

// event takes in a message that was announced, and tells whether it is to be handed out. Without room nothing is: the
// message is only heard of, which takes no memory, and fetched when there is.
func (t *timeline) event(m Message, room bool) bool {
	t.hear(m.Seq)
	if !room || t.phase != open || m.Seq != t.last+1 {
		return false
	}
	t.last, t.newest = m.Seq, m.CreatedAt
	return true
}

func (t *timeline) hear(seq int64) { t.heard = max(t.heard, seq) }

// listing notes that a list is being asked for now.
func (t *timeline) listing() { t.heardAsk = t.heard }

// listed takes in what the list shows. A server that says less than was known when it was asked has been restored to an
// earlier state: the conversation starts anew.
func (t *timeline) listed(c Conversation) {
	t.floor = c.JoinedSeq
	switch {
	case t.heardAsk > c.LastSeq:
		if t.phase != opening {
			t.phase = reopening
		}
		t.heard, t.heardAsk = 0, 0
		t.epoch++
	case t.phase == gone: // joined again
		t.phase, t.last = open, max(t.last, c.JoinedSeq)
		t.hear(t.last)
	}
	t.hear(c.LastSeq)
}
