package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"chatsystem/sdk"
)

// Crowd says who takes part in a Load: one listener and one sender at least.
type Crowd struct {
	Senders, Listeners int
	Pause              time.Duration // of a sender between two messages of a conversation
}

// Load is people who send without pause, into a group and into direct conversations, each message until it is
// acknowledged; and listeners who receive it. However the system fares meanwhile, Finish tells whether it kept its promises.
type Load struct {
	listeners     []person
	subscriptions []*sdk.Subscription
	logs          []*sentLog
	acknowledged  atomic.Int64
	stop          context.CancelFunc
	sending       sync.WaitGroup
}

// sentLog is what was acknowledged in one conversation.
type sentLog struct {
	conversation string
	listeners    []int // who of the listeners is a member

	mu     sync.Mutex
	sent   []sdk.Message
	failed error
}

// StartLoad makes the accounts and begins to send; the n-th person goes through the n-th of the addresses, round and
// round. ctx bounds everything until Finish returns.
func StartLoad(ctx context.Context, crowd Crowd, urls ...string) (*Load, error) {
	l := &Load{}
	people := make([]person, crowd.Listeners+crowd.Senders)
	for i := range people {
		p, err := register(ctx, urls[i%len(urls)], fmt.Sprintf("load%d", i))
		if err != nil {
			return nil, err
		}
		people[i] = p
	}
	l.listeners = people[:crowd.Listeners]
	if err := l.begin(ctx, people[crowd.Listeners:], crowd.Pause); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Load) begin(ctx context.Context, senders []person, pause time.Duration) error {
	group, err := l.group(ctx, senders)
	if err != nil {
		return fmt.Errorf("create group: %w", err)
	}
	direct := make([]*sentLog, len(senders))
	for i, p := range senders {
		to := i % len(l.listeners)
		dm, err := p.client.CreateDM(ctx, l.listeners[to].user.UserID)
		if err != nil {
			return fmt.Errorf("create dm: %w", err)
		}
		direct[i] = &sentLog{conversation: dm.ConversationID, listeners: []int{to}}
	}
	l.logs = append(direct, group)
	for _, p := range l.listeners {
		sub, err := p.client.Subscribe(ctx)
		if err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		l.subscriptions = append(l.subscriptions, sub)
	}
	until, stop := context.WithCancel(ctx)
	l.stop = stop
	for i, p := range senders {
		l.sending.Go(func() { l.send(ctx, until, p, group, pause) })
		l.sending.Go(func() { l.send(ctx, until, p, direct[i], pause) })
	}
	return nil
}

// group makes a group of everybody.
func (l *Load) group(ctx context.Context, senders []person) (*sentLog, error) {
	log := &sentLog{}
	var members []string
	for i, p := range l.listeners {
		log.listeners = append(log.listeners, i)
		members = append(members, p.user.UserID)
	}
	for _, p := range senders {
		members = append(members, p.user.UserID)
	}
	group, err := l.listeners[0].client.CreateGroup(ctx, "Load", members...)
	log.conversation = group.ConversationID
	return log, err
}

// send posts one message after another.
func (l *Load) send(ctx, until context.Context, p person, log *sentLog, pause time.Duration) {
	outbox := p.client.Outbox()
	defer outbox.Close()
	for n := 0; until.Err() == nil; n++ {
		m, err := post(ctx, outbox, log.conversation, fmt.Sprintf("message %d of %s", n, p.user.Username))
		if !log.add(m, err) {
			return
		}
		l.acknowledged.Add(1)
		select {
		case <-time.After(pause):
		case <-until.Done():
		}
	}
}

func post(ctx context.Context, outbox *sdk.Outbox, conversation, text string) (sdk.Message, error) {
	d, err := outbox.Send(ctx, conversation, text)
	if err != nil {
		return sdk.Message{}, fmt.Errorf("queue message: %w", err)
	}
	m, err := d.Wait(ctx)
	if err != nil {
		return m, fmt.Errorf("send %q: %w", text, err)
	}
	return m, nil
}

func (g *sentLog) add(m sdk.Message, err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.failed = errors.Join(g.failed, err)
		return false
	}
	g.sent = append(g.sent, m)
	return true
}

// Acknowledged returns how many messages were sent so far.
func (l *Load) Acknowledged() int64 { return l.acknowledged.Load() }

// Finish ends the sending and waits until every listener has everything, or ctx ends. The error tells what kept it from
// reaching a verdict.
func (l *Load) Finish(ctx context.Context) (Verdict, error) {
	l.stop()
	l.sending.Wait()
	defer l.Close()
	return l.judge(ctx)
}

// Close ends a load without a verdict.
func (l *Load) Close() {
	if l.stop != nil {
		l.stop()
	}
	l.sending.Wait()
	for _, s := range l.subscriptions {
		s.Close()
	}
}
