package messages_test

import (
	"context"
	"errors"
	"math/rand/v2"

	"chatsystem/domain"
	"chatsystem/ports"
)

var errChaos = errors.New("chaos")

// chaos stands between the log and what it is built on. Calls fail before or after they took effect, take effect much
// later, or kill the process: then nothing works until it is revived.
type chaos struct {
	ports.Allocations
	ports.MessageStore

	rng     *rand.Rand
	healthy bool
	dead    bool
	late    []func()
}

type fate int

const (
	works fate = iota
	failsBefore
	failsAfter
	happensLate
	diesBefore
	diesAfter
)

// next draws what becomes of a call.
func (c *chaos) next() fate {
	switch n := c.rng.IntN(20); {
	case c.dead:
		return failsBefore
	case c.healthy || n >= 8:
		return works
	case n < 2:
		return failsBefore
	case n < 4:
		return failsAfter
	case n < 6:
		return happensLate
	case n < 7:
		return diesBefore
	default:
		return diesAfter
	}
}

// through runs call the way fate has it; call must be safe to run at any later time.
func (c *chaos) through(call func() error) error {
	f := c.next()
	c.dead = c.dead || f == diesBefore || f == diesAfter
	switch f {
	case works:
		return call()
	case failsAfter, diesAfter:
		_ = call()
	case happensLate:
		c.late = append(c.late, func() { _ = call() })
	case failsBefore, diesBefore:
	}
	return errChaos
}

// happenOne lets one late call take effect.
func (c *chaos) happenOne() {
	if len(c.late) == 0 {
		return
	}
	i := c.rng.IntN(len(c.late))
	call := c.late[i]
	c.late = append(c.late[:i], c.late[i+1:]...)
	call()
}

func (c *chaos) Allocate(ctx context.Context, r domain.AllocationRequest) (a domain.Allocation, created bool, err error) {
	err = c.through(func() (err error) {
		a, created, err = c.Allocations.Allocate(ctx, r)
		return err
	})
	return a, created, err
}

func (c *chaos) Void(ctx context.Context, id domain.ConversationID, seq domain.Seq, why domain.VoidReason) error {
	ctx = context.WithoutCancel(ctx)
	return c.through(func() error { return c.Allocations.Void(ctx, id, seq, why) })
}

func (c *chaos) Settle(ctx context.Context, s []domain.Settlement) error {
	ctx = context.WithoutCancel(ctx)
	return c.through(func() error { return c.Allocations.Settle(ctx, s) })
}

func (c *chaos) Put(ctx context.Context, m domain.Message) (e domain.Entry, err error) {
	ctx = context.WithoutCancel(ctx)
	err = c.through(func() (err error) {
		e, err = c.MessageStore.Put(ctx, m)
		return err
	})
	return e, err
}

func (c *chaos) Bury(ctx context.Context, id domain.ConversationID, seq domain.Seq) (e domain.Entry, err error) {
	ctx = context.WithoutCancel(ctx)
	err = c.through(func() (err error) {
		e, err = c.MessageStore.Bury(ctx, id, seq)
		return err
	})
	return e, err
}

// broker records what was published; it fails like the rest, before or after the fact.
type broker struct {
	chaos     *chaos
	published map[domain.Seq]int
}

func (b *broker) Publish(_ context.Context, events []domain.Event) error {
	return b.chaos.through(func() error {
		for _, e := range events {
			b.published[e.Seq]++
		}
		return nil
	})
}
