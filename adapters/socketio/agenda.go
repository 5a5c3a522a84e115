package socketio

import (
	"container/heap"
	"sync"
	"time"
)

// agenda knows when each session has something to do, and has it done by one goroutine for all sessions that are due. A timer
// each, with a goroutine whenever it fires, was most of what idle connections took.
type agenda struct {
	mu    sync.Mutex
	queue sessionQueue
	timer *time.Timer // nil before the first entry
	next  time.Time   // when timer fires; zero: it is not set, or run will set it
}

// appointment is a session's place in the agenda; agenda.mu guards it.
type appointment struct {
	at    time.Time
	place int // in the queue, from 1; 0: in none
}

// set has s.tick called at a time instead of the time set before, or somewhat later.
func (a *agenda) set(s *session, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s.appointment.at = at
	if s.appointment.place > 0 {
		heap.Fix(&a.queue, s.appointment.place-1)
	} else {
		heap.Push(&a.queue, s)
	}
	a.wake()
}

// drop takes s out. It may be called once more all the same, if it was due.
func (a *agenda) drop(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.appointment.place > 0 {
		heap.Remove(&a.queue, s.appointment.place-1)
	}
}

// wake sets the timer if it would fire too late. mu is held.
func (a *agenda) wake() {
	if len(a.queue) == 0 {
		return
	}
	first := a.queue[0].appointment.at
	switch {
	case a.timer == nil:
		a.timer = time.AfterFunc(time.Until(first), a.run)
	case a.next.IsZero() || first.Before(a.next):
		a.timer.Reset(time.Until(first))
	default:
		return
	}
	a.next = first
}

// run calls who is due. A session that is called sets its next time.
func (a *agenda) run() {
	for _, s := range a.due(time.Now()) {
		s.tick()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = time.Time{}
	a.wake()
}

func (a *agenda) due(now time.Time) (due []*session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) > 0 && !now.Before(a.queue[0].appointment.at) {
		due = append(due, heap.Pop(&a.queue).(*session))
	}
	return due
}

// close ends the timer, once there are no sessions any more.
func (a *agenda) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
	}
}

// sessionQueue is a heap of sessions, the next one first.
type sessionQueue []*session

func (q sessionQueue) Len() int           { return len(q) }
func (q sessionQueue) Less(i, j int) bool { return q[i].appointment.at.Before(q[j].appointment.at) }

func (q sessionQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].appointment.place, q[j].appointment.place = i+1, j+1
}

func (q *sessionQueue) Push(s any) {
	*q = append(*q, s.(*session))
	s.(*session).appointment.place = len(*q)
}

func (q *sessionQueue) Pop() any {
	last := len(*q) - 1
	s := (*q)[last]
	(*q)[last], *q = nil, (*q)[:last]
	s.appointment.place = 0
	return s
}
