package socketio

import (
	"container/heap"
	"math"
	"sync"
	"time"
)

// agenda knows when each session has something to do, and has it done by one goroutine for all sessions that are due. A timer
// each, with a goroutine whenever it fires, was most of what idle connections took.
type agenda struct {
	began time.Time // times are counted from

	mu    sync.Mutex
	queue sessionQueue
	timer *time.Timer   // nil before the first entry
	next  time.Duration // when timer fires; notSet: it will not, or run will set it
}

const notSet time.Duration = math.MaxInt64

func newAgenda(began time.Time) *agenda { return &agenda{began: began, next: notSet} }

// appointment is a session's place in the agenda; agenda.mu guards it.
type appointment struct {
	at    time.Duration
	place int // in the queue, from 1; 0: in none
}

// set has s.tick called at a time instead of the time set before, or somewhat later.
func (a *agenda) set(s *session, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s.appointment.at = at.Sub(a.began)
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
	if first >= a.next {
		return
	}
	a.next = first
	if wait := first - time.Since(a.began); a.timer == nil {
		a.timer = time.AfterFunc(wait, a.run)
	} else {
		a.timer.Reset(wait)
	}
}

// run calls who is due. A session that is called sets its next time.
func (a *agenda) run() {
	for _, s := range a.due(time.Since(a.began)) {
		s.tick()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = notSet
	a.wake()
}

func (a *agenda) due(now time.Duration) (due []*session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) > 0 && a.queue[0].appointment.at <= now {
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
func (q sessionQueue) Less(i, j int) bool { return q[i].appointment.at < q[j].appointment.at }

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
