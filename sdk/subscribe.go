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

// SubscribeOption changes how a [Subscription] works.
type SubscribeOption func(*subscribeConfig)

type subscribeConfig struct {
	positions Positions
	backlog   int
	buffer    int
	observe   func(ConnectionState)
}

// WithPositions goes on from where an earlier subscription ended; a conversation that is not in p is read from where
// the user joined it. Nil positions are a first run, empty ones are not.
func WithPositions(p Positions) SubscribeOption {
	return func(c *subscribeConfig) { c.positions = p }
}

// WithBacklog has a first run begin with the last n messages of every conversation, at most 200, instead of with the
// next one.
func WithBacklog(n int) SubscribeOption {
	return func(c *subscribeConfig) { c.backlog = min(max(n, 0), reopenLimit) }
}

// WithBuffer sets how many messages are kept ready for a slow consumer; the default is 1000. Beyond that a
// subscription remembers only how far each conversation reaches, and fetches the messages later.
func WithBuffer(n int) SubscribeOption {
	return func(c *subscribeConfig) { c.buffer = max(1, n) }
}

// WithStateObserver has observe called with every change of the connection, one call at a time and in order. It must
// return quickly and not call the subscription.
func WithStateObserver(observe func(ConnectionState)) SubscribeOption {
	return func(c *subscribeConfig) { c.observe = observe }
}

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
}

// Subscribe hands out every message of every conversation of the user, present and future ones, exactly once and in
// the order of the conversation, across lost connections, restarts of the server and of this program (see
// [Subscription.Positions]). Messages come in the preview form.
//
// It returns when the starting point of every conversation is fixed: a message sent from then on is handed out.
// Until the server answers it keeps trying; ctx bounds that and the whole life of the subscription, which ends with
// ctx, with [Subscription.Close], or when the session ends: the error is then [ErrSignedOut].
//
// If a server comes back from a backup and numbers messages a second time, those created after the last one handed
// out are handed out under their new numbers, at most the latest 200 of a conversation.
func (c *Client) Subscribe(ctx context.Context, opts ...SubscribeOption) (*Subscription, error) {
	s := &Subscription{
		client: c,
		cfg:    subscribeConfig{buffer: 1000, observe: func(ConnectionState) {}},
		inbox:  make(chan func()), out: make(chan Message), events: make(chan Event, eventBuffer),
		ready: make(chan struct{}), done: make(chan struct{}),
		positions: make(Positions),
	}
	for _, opt := range opts {
		opt(&s.cfg)
	}
	maps.Copy(s.positions, s.cfg.positions)
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.pump = newPump(s)
	c.register(s)
	go s.run()
	select {
	case <-s.ready:
		return s, nil
	case <-s.done:
		return nil, stepError("subscribe", errors.Join(s.Err(), s.pump.trouble))
	}
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
// the subscription has ended.
func (s *Subscription) Next(ctx context.Context) (Message, error) {
	select {
	case m := <-s.out:
		s.moved(m.ConversationID, Position{Seq: m.Seq, At: m.CreatedAt})
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

// Positions returns how far each conversation has been handed out, the message being handled included: a program that
// stores them after it has dealt with a message sees none twice after a restart, and one that stops in between sees
// that message again. The map is the caller's.
func (s *Subscription) Positions() Positions {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.positions)
}

// Close ends the subscription and waits until nothing of it runs any more.
func (s *Subscription) Close() {
	s.cancel(ErrSubscriptionClosed)
	<-s.done
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

// moved sets the position of a conversation.
func (s *Subscription) moved(id string, p Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions[id] = p
}

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
