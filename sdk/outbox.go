package sdk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// ErrOutboxClosed is the error of messages that were not sent before their [Outbox] was closed.
var ErrOutboxClosed = errors.New("outbox closed")

// ErrCancelled is the error of a message that was given up by [Delivery.Cancel].
var ErrCancelled = errors.New("cancelled")

// outboxLimit is how many messages one outbox takes in before Send waits.
const outboxLimit = 1000

// Outbox sends messages in the order they were given, per conversation: one request in flight for each, repeated under
// the same client_msg_id until the server accepts or refuses the message. A refused message (a permanent 4xx) fails and
// the next goes on. It is safe for concurrent use; get it from [Client.Outbox].
//
// An outbox lives in memory, unless it comes from [Client.OpenOutbox].
type Outbox struct {
	client *Client
	file   *outboxFile   // nil: in memory
	slots  chan struct{} // one for each message that is not done
	closed chan struct{}

	mu      sync.Mutex
	queues  map[string][]*Delivery // the first of a queue is being sent; a goroutine runs for each queue
	running sync.WaitGroup
}

// Outbox returns a new, empty outbox. Close it when done.
func (c *Client) Outbox() *Outbox { return c.newOutbox(nil, outboxLimit) }

func (c *Client) newOutbox(file *outboxFile, limit int) *Outbox {
	return &Outbox{
		client: c, file: file, slots: make(chan struct{}, limit), closed: make(chan struct{}),
		queues: make(map[string][]*Delivery),
	}
}

// Delivery is one message on its way through an [Outbox].
type Delivery struct {
	ConversationID string
	ClientMsgID    string
	Body           string

	outbox  *Outbox
	ctx     context.Context // ends when the message is to be given up; its cause is the error
	cancel  context.CancelCauseFunc
	done    chan struct{}
	message Message // set before done is closed, as is err
	err     error
}

// Send puts a message at the end of its conversation's queue. It waits, until ctx ends, only while 1000 messages are
// on their way already, and for the disk if the outbox has a file: what Send has returned survives a crash then. The
// message itself outlives ctx: it is tried until the server decides, it is cancelled or the outbox is closed.
func (o *Outbox) Send(ctx context.Context, conversationID, body string, opts ...SendOption) (*Delivery, error) {
	draft := newDraft(body, opts)
	if err := checkTexts(draft); err != nil {
		return nil, stepError("outbox", err)
	}
	select {
	case o.slots <- struct{}{}:
	case <-o.closed:
		return nil, ErrOutboxClosed
	case <-ctx.Done():
		return nil, stepError("outbox", ctx.Err())
	}
	if o.isClosed() { // the slot may have been as free as the outbox was closed
		<-o.slots
		return nil, ErrOutboxClosed
	}
	d := o.newDelivery(ctx, queued{ConversationID: conversationID, ClientMsgID: draft.ClientMsgID, Body: draft.Body})
	if err := o.file.add(d, o.enqueue); err != nil {
		d.cancel(nil)
		<-o.slots
		return nil, err
	}
	return d, nil
}

func (o *Outbox) newDelivery(ctx context.Context, q queued) *Delivery {
	d := &Delivery{ConversationID: q.ConversationID, ClientMsgID: q.ClientMsgID, Body: q.Body, outbox: o, done: make(chan struct{})}
	d.ctx, d.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	return d
}

// enqueue puts a message at the end of its conversation's queue.
func (o *Outbox) enqueue(d *Delivery) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.isClosed() {
		return ErrOutboxClosed
	}
	queue, sending := o.queues[d.ConversationID]
	o.queues[d.ConversationID] = append(queue, d)
	if !sending {
		o.running.Go(func() { o.drain(d.ConversationID) })
	}
	return nil
}

// Pending returns the messages that are not done, those of each conversation in order. After [Client.OpenOutbox] they
// are what an earlier run left.
func (o *Outbox) Pending() []*Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Concat(slices.Collect(maps.Values(o.queues))...)
}

// Flush waits until every message that was put in before is done, sent or not, or returns ctx's error.
func (o *Outbox) Flush(ctx context.Context) error {
	for _, d := range o.Pending() {
		select {
		case <-d.done:
		case <-ctx.Done():
			return stepError("flush", ctx.Err())
		}
	}
	return nil
}

// Close stops sending: messages that are not done fail with [ErrOutboxClosed], and those in flight may or may not
// have been stored. To send everything first, use [Outbox.Flush]. An outbox with a file keeps them there.
func (o *Outbox) Close() error {
	o.mu.Lock()
	if !o.isClosed() {
		close(o.closed)
	}
	for _, queue := range o.queues {
		for _, d := range queue {
			d.cancel(ErrOutboxClosed)
		}
	}
	o.mu.Unlock()
	o.running.Wait()
	return o.file.close()
}

func (o *Outbox) isClosed() bool {
	select {
	case <-o.closed:
		return true
	default:
		return false
	}
}

// drain sends a conversation's messages one after the other until there are none.
func (o *Outbox) drain(conversationID string) {
	for d := o.first(conversationID); d != nil; d = o.first(conversationID) {
		m, err := o.deliver(d)
		o.remove(d, m, err)
	}
}

// first returns the message to send next; without one it ends the queue.
func (o *Outbox) first(conversationID string) *Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	if queue := o.queues[conversationID]; len(queue) > 0 {
		return queue[0]
	}
	delete(o.queues, conversationID)
	return nil
}

// deliver tries until the server has decided or the message is given up.
func (o *Outbox) deliver(d *Delivery) (Message, error) {
	pause := backoff{ceiling: fetchDelay}
	for d.ctx.Err() == nil {
		m, err := o.send(d.ctx, d.ConversationID, draft{ClientMsgID: d.ClientMsgID, Body: d.Body})
		if err == nil || !temporary(err) && !o.waits(err) {
			return m, stepError("send", err)
		}
		_ = sleep(d.ctx, pause.after(err)) // the loop's condition sees it end
	}
	return Message{}, context.Cause(d.ctx)
}

// send makes one attempt. What another user left in the file waits for that user.
func (o *Outbox) send(ctx context.Context, conversationID string, d draft) (Message, error) {
	if !o.file.isOf(subject(o.client.keys.current().AccessToken), o.Pending) {
		return Message{}, fmt.Errorf("%w: the outbox belongs to another user", ErrSignedOut)
	}
	return o.client.sendOnce(ctx, conversationID, d)
}

// waits tells whether the message outlives the error: what is kept in a file waits for somebody to sign in.
func (o *Outbox) waits(err error) bool { return o.file != nil && errors.Is(err, ErrSignedOut) }

// remove takes a message out of its queue, with what became of it.
func (o *Outbox) remove(d *Delivery, m Message, err error) {
	o.mu.Lock()
	queue := o.queues[d.ConversationID]
	i := slices.Index(queue, d)
	if i >= 0 {
		o.queues[d.ConversationID] = slices.Delete(queue, i, i+1)
	}
	o.mu.Unlock()
	if i < 0 {
		return
	}
	if !errors.Is(err, ErrOutboxClosed) {
		o.file.done(d, o.Pending)
	}
	d.message, d.err = m, err
	d.cancel(nil)
	close(d.done)
	<-o.slots
}

// Done is closed when the message is sent or has failed.
func (d *Delivery) Done() <-chan struct{} { return d.done }

// Wait returns the message as stored, or why it was not sent, or ctx's error.
func (d *Delivery) Wait(ctx context.Context) (Message, error) {
	select {
	case <-d.done:
		return d.message, d.err
	case <-ctx.Done():
		return Message{}, ctx.Err()
	}
}

// Cancel gives the message up: it fails with [ErrCancelled] unless it is done. If an attempt was made, the message may
// have been stored all the same.
func (d *Delivery) Cancel() {
	d.cancel(ErrCancelled)
	if !d.outbox.sending(d) {
		d.outbox.remove(d, Message{}, ErrCancelled)
	}
}

// sending tells whether d is first in its queue: its goroutine then ends it.
func (o *Outbox) sending(d *Delivery) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.queues[d.ConversationID]
	return len(queue) > 0 && queue[0] == d
}
