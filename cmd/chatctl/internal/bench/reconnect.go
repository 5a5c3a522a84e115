package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"chatsystem/sdk"
)

// Reconnect is a storm: everybody is connected, all connections are lost at once, messages are sent meanwhile, and all come
// back at the same moment and catch up.
type Reconnect struct {
	Users    int // an even number: they are pairs
	Count    int // connections, which the users share
	Messages int // sent in every conversation meanwhile
	Size     int // characters of a message
}

// Validate reports what is wrong with the plan, or too much.
func (p Reconnect) Validate() error {
	if p.Users%2 != 0 {
		return fmt.Errorf("users must be even, is %d", p.Users)
	}
	return firstOf(
		within("connections", float64(p.Count), 1, MaxConnections),
		within("users", float64(p.Users), 2, max(2, float64(p.Count))),
		within("messages", float64(p.Messages), 0, 200),
		within("size", float64(p.Size), 1, MaxBody),
		within("users × messages", float64(p.Users*p.Messages), 0, MaxRequests),
	)
}

// dialsAtOnce is how many connections of a storm are being opened at the same time: the rest is due and waits.
const dialsAtOnce = 512

// Reconnect returns how long it took, from the moment of the storm, until each connection was back and had read all that it
// missed.
func (b *Bench) Reconnect(ctx context.Context, plan Reconnect) (Result, error) {
	if err := plan.Validate(); err != nil {
		return Result{}, err
	}
	users, err := b.users(ctx, plan.Users)
	defer b.logout(ctx, users)
	if err != nil {
		return Result{}, err
	}
	conversations := make([]string, plan.Users/2)
	err = b.each(ctx, "conversations", len(conversations), signInsAtOnce, func(ctx context.Context, i int) (err error) {
		conversations[i], err = b.conversation(ctx, users[2*i:2*i+2])
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if err := b.connectAndLose(ctx, plan, users); err != nil {
		return Result{}, err
	}
	away, err := b.meanwhile(ctx, plan, users, conversations)
	if err != nil {
		return Result{}, err
	}
	return b.storm(ctx, plan, users, conversations, away)
}

// connectAndLose opens all connections and then loses all of them.
func (b *Bench) connectAndLose(ctx context.Context, plan Reconnect, users []user) error {
	lines := make([]*socket, plan.Count)
	defer func() {
		for _, l := range lines {
			if l != nil {
				l.close()
			}
		}
	}()
	return b.each(ctx, "connections", plan.Count, dialsAtOnce, func(ctx context.Context, i int) (err error) {
		lines[i], err = b.dial(ctx, users[i%len(users)].Tokens().AccessToken)
		return err
	})
}

// meanwhileSent is what was sent in one conversation while nobody was connected.
type meanwhileSent struct {
	mark marker
	mu   sync.Mutex
	acks map[int]int64 // seq by number
}

func (b *Bench) meanwhile(ctx context.Context, plan Reconnect, users []user, conversations []string) ([]*meanwhileSent, error) {
	all := make([]*meanwhileSent, len(conversations))
	for i := range all {
		all[i] = &meanwhileSent{mark: newMarker(), acks: map[int]int64{}}
	}
	err := b.each(ctx, "messages", plan.Messages*len(conversations), fillersAtOnce, func(ctx context.Context, i int) error {
		c, n := i%len(conversations), i/len(conversations)
		m, err := users[2*c+n%2].Send(ctx, conversations[c], all[c].mark.text(n, plan.Size))
		if err != nil {
			return err
		}
		all[c].mu.Lock()
		defer all[c].mu.Unlock()
		all[c].acks[n] = m.Seq
		return nil
	})
	return all, err
}

// storm brings everybody back at once.
func (b *Bench) storm(ctx context.Context, plan Reconnect, users []user, conversations []string, away []*meanwhileSent) (Result, error) {
	connect, back := newRecorder("connected"), newRecorder("caught up")
	failures := newTally()
	v := Verdict{Sent: plan.Messages * len(conversations), Acknowledged: plan.Messages * len(conversations)}
	var caughtUp, lost atomic.Int64
	progress := b.progress("storm", plan.Count)
	lines := make([]*socket, plan.Count)
	before, err := b.usage()
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	slots := newSlots(dialsAtOnce)
	for i := range plan.Count {
		slots.run(func() {
			defer progress()
			u := users[i%len(users)]
			line, err := b.dial(ctx, u.Tokens().AccessToken)
			connect.record(time.Since(began))
			if err != nil {
				failures.add(err)
				return
			}
			lines[i] = line
			c := i % len(users) / 2
			missed, err := b.catchUp(ctx, u.Client, conversations[c], away[c])
			back.record(time.Since(began))
			if err != nil {
				failures.add(err)
				return
			}
			lost.Add(int64(missed))
			caughtUp.Add(int64(plan.Messages - missed))
		})
	}
	slots.wait()
	took := time.Since(began)
	after, err := b.usage()
	if err != nil {
		return Result{}, err
	}
	for _, l := range lines {
		if l != nil {
			l.close()
		}
	}
	v.CaughtUp, v.Lost = int(caughtUp.Load()), int(lost.Load())
	result := Result{Seconds: took.Seconds(), Errors: failures.counts, Verdict: &v, Latencies: []Latency{connect.latency(), back.latency()}}
	result.figure("seconds until all were back", took.Seconds())
	result.rate("connections/s", plan.Count, took)
	result.spent("of the storm", before, after)
	return result, ctx.Err()
}

// catchUp reads what was sent meanwhile and returns how many messages are not there.
func (b *Bench) catchUp(ctx context.Context, c *sdk.Client, conversation string, away *meanwhileSent) (missed int, err error) {
	if len(away.acks) == 0 {
		return 0, nil
	}
	history, err := b.read(ctx, c, conversation, away.mark, lowest(away.acks)-1)
	return len(missing(away.acks, history)), err
}
