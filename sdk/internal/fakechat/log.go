// Package fakechat is a chat server in memory, for the SDK's tests and examples. It keeps the contract of the real one
// where a client can tell the difference, with types of its own, and breaks on request: it drops connections, loses
// answers and events, leaves seqs unsettled and comes back from a backup.
package fakechat

import "time"

// Message is a message on the wire.
type Message struct {
	ConversationID string    `json:"conversation_id"`
	MessageID      string    `json:"message_id"`
	Seq            int64     `json:"seq"`
	SenderID       string    `json:"sender_id"`
	CreatedAt      time.Time `json:"created_at"`
	Preview        string    `json:"preview"`
	HasMore        bool      `json:"has_more"`
	ClientMsgID    string    `json:"client_msg_id"`
	Body           string    `json:"body,omitempty"`
}

// Page is a page of history on the wire.
type Page struct {
	Messages []Message `json:"messages"`
	HasMore  bool      `json:"has_more"`
	NextSeq  int64     `json:"next_seq"`
	FirstSeq int64     `json:"first_seq"`
}

// Log is a conversation's log: every seq from 1 on is a message, a void, or not settled yet. It is not safe for
// concurrent use.
type Log struct{ entries []entry }

type entry struct {
	state   state
	message Message // set when stored
}

type state int

const (
	pending state = iota
	stored
	void
)

// Allocate gives out the next seq, unsettled.
func (l *Log) Allocate() int64 {
	l.entries = append(l.entries, entry{})
	return l.Last()
}

// Store settles a seq as m, whose Seq says which.
func (l *Log) Store(m Message) { l.entries[m.Seq-1] = entry{state: stored, message: m} }

// Void settles a seq as holding no message.
func (l *Log) Void(seq int64) { l.entries[seq-1].state = void }

// Last is the highest seq given out.
func (l *Log) Last() int64 { return int64(len(l.entries)) }

// Restore forgets every seq above last.
func (l *Log) Restore(last int64) { l.entries = l.entries[:last] }

// Pending returns the unsettled seqs.
func (l *Log) Pending() []int64 {
	var seqs []int64
	for i, e := range l.entries {
		if e.state == pending {
			seqs = append(seqs, int64(i+1))
		}
	}
	return seqs
}

// Settled returns the highest seq below which nothing is unsettled.
func (l *Log) Settled() int64 {
	if p := l.Pending(); len(p) > 0 {
		return p[0] - 1
	}
	return l.Last()
}

// Messages returns the settled messages with lo < seq < hi.
func (l *Log) Messages(lo, hi int64) []Message {
	found := []Message{}
	settled := l.Settled()
	for seq := max(lo, 0) + 1; seq < hi && seq <= settled; seq++ {
		if e := l.entries[seq-1]; e.state == stored {
			found = append(found, e.message)
		}
	}
	return found
}

// After returns the first limit messages above seq.
func (l *Log) After(seq int64, limit int) Page {
	all := l.Messages(seq, l.Last()+1)
	p := Page{Messages: all, FirstSeq: seq + 1, NextSeq: max(l.Settled(), seq) + 1}
	if len(all) > limit {
		p.Messages, p.HasMore = all[:limit], true
		p.NextSeq = all[limit-1].Seq + 1
	}
	return p
}

// Before returns the last limit messages below seq.
func (l *Log) Before(seq int64, limit int) Page {
	all := l.Messages(0, seq)
	p := Page{Messages: all, FirstSeq: 1, NextSeq: min(seq, l.Settled()+1)}
	if len(all) > limit {
		p.Messages, p.HasMore = all[len(all)-limit:], true
		p.FirstSeq = p.Messages[0].Seq
	}
	return p
}

// Latest returns the last limit messages.
func (l *Log) Latest(limit int) Page { return l.Before(l.Settled()+1, limit) }
