package sdk

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"chatsystem/sdk/internal/journal"
)

// OpenOutbox returns an outbox that keeps its messages in a file until the server has accepted or refused them: they
// survive the program, and what an earlier run left is sent first. One process at a time may have the file open, which
// is made if absent, with mode 0600. It belongs to one server and one user: [ErrForeignFile] if it is another's, or no
// outbox, and then nothing of it is changed. Close the outbox when done.
//
// After a crash a message may be sent again, under its client_msg_id, so that it stays one message, as long as the
// server remembers the id: 30 days, unless configured otherwise. Messages wait while nobody is signed in. The outbox
// outlives ctx, of which it uses the values only.
func (c *Client) OpenOutbox(ctx context.Context, path string) (*Outbox, error) {
	j, records, err := journal.Open[queued](path, journal.Header{
		Kind: "outbox", Version: 1, Server: c.base.String(), User: subject(c.keys.current().AccessToken),
	})
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	left := unfinished(records)
	o := c.newOutbox(&outboxFile{journal: j}, max(outboxLimit, len(left)))
	for _, q := range left {
		o.slots <- struct{}{}
		if err := o.enqueue(o.newDelivery(ctx, q)); err != nil {
			return nil, fmt.Errorf("open outbox: %w", err)
		}
	}
	return o, nil
}

// queued is a record of an outbox file: a message to send, or that one is done.
type queued struct {
	ConversationID string `json:"conversation_id"`
	ClientMsgID    string `json:"client_msg_id"`
	Body           string `json:"body,omitempty"`
	Done           bool   `json:"done,omitempty"`
}

// unfinished returns the messages that are not done, in order.
func unfinished(records []queued) []queued {
	type key struct{ conversation, id string }
	done := make(map[key]int)
	for _, r := range records {
		if r.Done {
			done[key{r.ConversationID, r.ClientMsgID}]++
		}
	}
	var left []queued
	for _, r := range records {
		k := key{r.ConversationID, r.ClientMsgID}
		switch {
		case r.Done:
		case done[k] > 0:
			done[k]--
		default:
			left = append(left, r)
		}
	}
	return left
}

// isOf tells whether the file belongs to a user; it becomes theirs if it is nobody's yet.
func (f *outboxFile) isOf(user string, pending func() []*Delivery) bool {
	if f == nil || user == "" {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.journal.User() == "" {
		var kept []queued
		for _, d := range pending() {
			kept = append(kept, d.queued())
		}
		return f.journal.Bind(user, kept...) == nil // else it is tried again
	}
	return f.journal.User() == user
}

// outboxFile keeps an outbox's messages; nil keeps none.
type outboxFile struct {
	mu      sync.Mutex // held while a message enters the file and its queue, so that both have one order
	journal *journal.Journal[queued]
}

// add keeps a message and then has it queued.
func (f *outboxFile) add(d *Delivery, enqueue func(*Delivery) error) error {
	if f == nil {
		return enqueue(d)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.journal.Append(true, d.queued()); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	err := enqueue(d)
	if err != nil { // closed meanwhile: the caller hears that nothing is kept
		err = errors.Join(err, f.journal.Append(true, d.finished()))
	}
	return err
}

// done lets go of a message. If that does not reach the disk, the message is sent again after a crash, which makes no
// second one of it.
func (f *outboxFile) done(d *Delivery, pending func() []*Delivery) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	cancelled := d.ctx.Err() != nil // this one would become a message
	_ = f.journal.Append(cancelled, d.finished())
	if f.journal.Size() < journalLimit {
		return
	}
	var kept []queued
	var size int64
	for _, d := range pending() {
		kept = append(kept, d.queued())
		size += int64(len(d.Body))
	}
	if f.journal.Size() > 2*size+journalLimit {
		_ = f.journal.Replace(kept...) // if it fails the file is only larger than it need be
	}
}

// close lets others open the file; everything was written when it was added.
func (f *outboxFile) close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.journal.Close()
}

func (d *Delivery) queued() queued {
	return queued{ConversationID: d.ConversationID, ClientMsgID: d.ClientMsgID, Body: d.Body}
}

func (d *Delivery) finished() queued {
	return queued{ConversationID: d.ConversationID, ClientMsgID: d.ClientMsgID, Done: true}
}
