package domain

import (
	"slices"
	"time"
)

// ReorderDelay is how long an event waits for the ones before it.
const ReorderDelay = 100 * time.Millisecond

const (
	reorderIdle    = 10 * time.Second // a conversation quiet for this long is forgotten
	reorderMaxHeld = 10_000           // held over all conversations; beyond, the oldest go out early
)

// ReorderWindow puts the events of a conversation back into seq order when they overtook each other by a little. It
// delays, never drops: an event that comes later than its successors is passed on late. It is not safe for
// concurrent use. T is what travels with the seq.
type ReorderWindow[T any] struct {
	byConversation map[ConversationID]*reorderState[T]
	held           int
	nextSweep      time.Time
}

type reorderState[T any] struct {
	next    Seq // the seq that would continue what was passed on
	touched time.Time
	held    []heldEvent[T] // ascending by seq
}

type heldEvent[T any] struct {
	seq   Seq
	until time.Time
	event T
}

// NewReorderWindow returns an empty window.
func NewReorderWindow[T any]() *ReorderWindow[T] {
	return &ReorderWindow[T]{byConversation: map[ConversationID]*reorderState[T]{}}
}

// Offer takes an event and returns those that can be passed on now, in order.
func (w *ReorderWindow[T]) Offer(c ConversationID, seq Seq, event T, now time.Time) []T {
	w.sweep(now)
	st := w.byConversation[c]
	if st == nil {
		st = &reorderState[T]{next: seq}
		w.byConversation[c] = st
	}
	st.touched = now
	if seq > st.next {
		w.hold(st, heldEvent[T]{seq, now.Add(ReorderDelay), event})
		if w.held <= reorderMaxHeld {
			return nil
		}
		return w.release(st, st.held[0].seq)
	}
	ready := []T{event}
	if seq == st.next {
		st.next++
		ready = append(ready, w.release(st, st.next)...)
	}
	return ready
}

// Due returns the events whose time to wait is over, in order per conversation.
func (w *ReorderWindow[T]) Due(now time.Time) []T {
	if w.held == 0 {
		return nil
	}
	var ready []T
	for _, st := range w.byConversation {
		upTo := Seq(0)
		for _, h := range st.held {
			if !h.until.After(now) {
				upTo = max(upTo, h.seq)
			}
		}
		if upTo > 0 {
			ready = append(ready, w.release(st, upTo)...)
		}
	}
	return ready
}

// NextDue returns when Due will next have something; false while nothing is held.
func (w *ReorderWindow[T]) NextDue() (time.Time, bool) {
	var next time.Time
	if w.held == 0 {
		return next, false
	}
	for _, st := range w.byConversation {
		for _, h := range st.held {
			if next.IsZero() || h.until.Before(next) {
				next = h.until
			}
		}
	}
	return next, true
}

// Forget drops everything: the partitions belong to another worker now, and what is held will be read there again.
func (w *ReorderWindow[T]) Forget() {
	clear(w.byConversation)
	w.held = 0
}

func (w *ReorderWindow[T]) hold(st *reorderState[T], h heldEvent[T]) {
	i, _ := slices.BinarySearchFunc(st.held, h.seq, func(e heldEvent[T], seq Seq) int { return int(e.seq - seq) })
	st.held = slices.Insert(st.held, i, h)
	w.held++
}

// release passes on what is held up to seq and whatever continues it without a gap.
func (w *ReorderWindow[T]) release(st *reorderState[T], upTo Seq) []T {
	var ready []T
	n := 0
	for _, h := range st.held {
		if h.seq > upTo && h.seq > st.next {
			break
		}
		ready = append(ready, h.event)
		st.next = max(st.next, h.seq+1)
		n++
	}
	st.held = slices.Delete(st.held, 0, n)
	w.held -= n
	return ready
}

func (w *ReorderWindow[T]) sweep(now time.Time) {
	if now.Before(w.nextSweep) {
		return
	}
	w.nextSweep = now.Add(reorderIdle)
	for c, st := range w.byConversation {
		if len(st.held) == 0 && now.Sub(st.touched) >= reorderIdle {
			delete(w.byConversation, c)
		}
	}
}
