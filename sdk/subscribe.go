package sdk

import (
	"context"
	"errors"
	"iter"
	"maps"
	"sync"
)

// ErrSubscriptionClosed is what [Subscription.Next] returns after [Subscription.Close].
var ErrSubscriptionClosed = errors.New("subscription closed")

// Subscription receives the messages of all of a user's conversations; get it from [Client.Subscribe]. It is safe for
// concurrent use, but order means something only to a single consumer.
type Subscription struct {
	client *Client
	cfg    subscribeConfig
	cancel context.CancelCauseFunc
	ctx    context.Context // ends when the subscription does; its cause says why

	pump   *pump
	worked Transport // what the last live connection came over; the connection's alone
	wg     sync.WaitGroup
	inbox  chan func()   // work for the pump, in order
	out    chan Message  // from the pump to the consumer
	events chan Event    // written by the connection only
	ready  chan struct{} // closed when every starting point is fixed
	done   chan struct{} // closed when all goroutines have ended

	observing sync.Mutex // held while the state changes and its observer runs
	mu        sync.Mutex
	state     ConnectionState
	positions Positions

	committing  sync.Mutex // held while positions are stored
	uncommitted Positions  // handed out last and not known to be dealt with
}

// Subscribe hands out every message of every conversation of the user, present and future ones, exactly once and in
// the order of the conversation, across lost connections, restarts of the server and of this program (see
// [Subscription.Positions]). Messages come in the preview form.
//
// It returns when the starting point of every conversation is fixed: a message sent from then on is handed out.
// Until the server answers it keeps trying; ctx bounds that and the whole life of the subscription, which ends with
// ctx, with [Subscription.Close], or when the session ends: the error is then [ErrSignedOut].
//
// A subscription takes bounded memory: see [WithBuffer]. Several may run at once.
//
// If a server comes back from a backup and numbers messages a second time, those created after the last one handed
// out are handed out under their new numbers, at most the latest 200 of a conversation.
func (c *Client) Subscribe(ctx context.Context, opts ...SubscribeOption) (*Subscription, error) {
	s := &Subscription{
		client: c,
		cfg:    subscribeConfig{buffer: 1000, observe: func(ConnectionState) {}},
		inbox:  make(chan func()), out: make(chan Message), events: make(chan Event, eventBuffer),
		ready: make(chan struct{}), done: make(chan struct{}),
		positions: make(Positions), uncommitted: make(Positions),
	}
	for _, opt := range opts {
		opt(&s.cfg)
	}
	if err := s.load(ctx); err != nil {
		return nil, stepError("subscribe", err)
	}
	maps.Copy(s.positions, s.cfg.positions)
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.pump = newPump(s)
	c.register(s)
	go s.run()
	select {
	case <-s.ready:
	case <-s.done:
		return nil, stepError("subscribe", errors.Join(s.Err(), s.pump.trouble))
	}
	if err := s.saveBeginning(ctx); err != nil {
		s.Close()
		return nil, stepError("subscribe", err)
	}
	return s, nil
}

// run keeps the subscription going until its context ends.
func (s *Subscription) run() {
	s.wg.Go(s.pump.run)
	s.wg.Go(func() {
		select {
		case <-s.ready:
			s.stayConnected()
		case <-s.ctx.Done():
		}
	})
	s.wg.Wait()
	s.client.unregister(s)
	s.setState(ConnectionState{Phase: Closed, Err: s.Err()})
	close(s.events)
	close(s.done)
}

// Next waits for the next message. It fails with ctx's error, with [ErrSubscriptionClosed], or with the reason why
// the subscription has ended: a position that could not be stored is one.
func (s *Subscription) Next(ctx context.Context) (Message, error) {
	if err := s.Commit(ctx); err != nil {
		return Message{}, err
	}
	select {
	case m := <-s.out:
		s.handedOut(m)
		return m, nil
	case <-ctx.Done():
		return Message{}, ctx.Err()
	case <-s.done:
		return Message{}, context.Cause(s.ctx)
	}
}

// Messages yields the messages until the subscription ends; [Subscription.Err] then says why.
func (s *Subscription) Messages() iter.Seq[Message] {
	return func(yield func(Message) bool) {
		for {
			m, err := s.Next(s.ctx)
			if err != nil || !yield(m) {
				return
			}
		}
	}
}

// Events is the stream of everything else that happens: best effort, the oldest are dropped if nobody reads. It is
// closed when the subscription ends.
func (s *Subscription) Events() <-chan Event { return s.events }

// Close ends the subscription and waits until nothing of it runs any more. Its error is always nil: it makes a
// Subscription an io.Closer.
func (s *Subscription) Close() error {
	s.cancel(ErrSubscriptionClosed)
	<-s.done
	return nil
}

// Err says why the subscription has ended: nil while it goes on and after Close.
func (s *Subscription) Err() error {
	if err := context.Cause(s.ctx); !errors.Is(err, ErrSubscriptionClosed) {
		return err
	}
	return nil
}

// post has f run by the pump, or not at all if the subscription ends.
func (s *Subscription) post(f func()) {
	select {
	case s.inbox <- f:
	case <-s.ctx.Done():
	}
}

// hear takes in a message that was announced.
func (s *Subscription) hear(m Message) { s.post(func() { s.pump.hear(m) }) }

// catchUp finds out what was missed.
func (s *Subscription) catchUp() { s.post(s.pump.list) }

// notify puts e into the event stream, in the place of the oldest one if nobody reads.
func (s *Subscription) notify(e Event) {
	for {
		select {
		case s.events <- e:
			return
		default:
		}
		select {
		case <-s.events:
		default:
		}
	}
}
