package sqlite

import (
	"context"
	"sync/atomic"
)

// changeFunc makes a change through q, all of it or, with an error, nothing.
type changeFunc func(ctx context.Context, q *queries) error

// change is a changeFunc on its way through the writer. It is started by the writer or given up by its caller, whoever
// comes first.
type change struct {
	ctx     context.Context
	fn      changeFunc
	claimed atomic.Bool
	done    chan struct{}

	// For the caller once done is closed.
	err      error
	panicked any
}

func newChange(ctx context.Context, fn changeFunc) *change {
	return &change{ctx: context.WithoutCancel(ctx), fn: fn, done: make(chan struct{})}
}

// start tells the writer whether to run the change.
func (c *change) start() bool { return c.claimed.CompareAndSwap(false, true) }

// call runs the function and tells whether it succeeded. A panic is kept for the caller: it is the caller's bug, and
// other people's changes go on.
func (c *change) call(q *queries) (ok bool) {
	defer func() {
		if c.panicked = recover(); c.panicked != nil {
			ok = false
		}
	}()
	c.err = c.fn(c.ctx, q)
	return c.err == nil
}

// finish answers the caller; a lost transaction overrules what the function returned, which may rest on changes that are
// lost as well.
func (c *change) finish(lost error) {
	if lost != nil {
		c.err = lost
	}
	close(c.done)
}

// wait returns the outcome, or the context's error if that ends before the change has started.
func (c *change) wait(ctx context.Context) error {
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-c.done
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}
