package socketio

import (
	"iter"
	"sync"
)

// apart runs functions on stacks of their own, and waits for them. What a Handler does needs a deep stack; grown on the goroutine that
// reads a connection, it would stay as long as that: 4 KB of the 13 that one takes. The stacks are those of coroutines, which are
// switched to without the scheduler: to start a goroutine, or to wake one, costs several times as much, since it has another
// processor look for work. At most maxIdleStacks wait to be used again.
type apart struct {
	mu   sync.Mutex
	idle []*stack
}

const maxIdleStacks = 32

// stack is a coroutine that runs one function after the other.
type stack struct {
	run  func()
	next func() (struct{}, bool)
	stop func()
}

func newStack() *stack {
	s := &stack{}
	s.next, s.stop = iter.Pull(func(yield func(struct{}) bool) {
		for {
			s.run()
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return s
}

// do runs f and returns when it has; a panic of f is the caller's.
func (a *apart) do(f func()) {
	s := a.take()
	s.run = f
	s.next()
	s.run = nil // it would live as long as the stack
	a.giveBack(s)
}

func (a *apart) take() *stack {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.idle); n > 0 {
		s := a.idle[n-1]
		a.idle[n-1], a.idle = nil, a.idle[:n-1]
		return s
	}
	return newStack()
}

func (a *apart) giveBack(s *stack) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.idle) < maxIdleStacks {
		a.idle = append(a.idle, s)
		return
	}
	s.stop()
}

// close ends the idle stacks.
func (a *apart) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.idle {
		s.stop()
	}
	a.idle = nil
}
