package simulation

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing/synctest"
	"time"
)

// option is a kind of thing that can happen next.
type option struct {
	weight int
	happen func() string // makes one happen, and says what
}

// run lets steps things happen, then heals the world and lets it come to rest.
func (w *world) run(steps int) {
	for range steps {
		if w.broken() {
			return
		}
		w.next()
	}
	w.heal()
	if !w.broken() {
		w.verdict()
	}
}

// next lets one thing happen, and waits until everybody waits for the next.
func (w *world) next() {
	w.mu.Lock()
	w.step++
	w.mu.Unlock()
	w.tick()
	options := w.options()
	total := 0
	for _, o := range options {
		total += o.weight
	}
	n := w.rng.IntN(total)
	for _, o := range options {
		if n -= o.weight; n < 0 {
			w.trace.note(w.step, time.Now(), o.happen())
			break
		}
	}
	synctest.Wait()
}

// options returns what can happen now.
func (w *world) options() []option {
	var all []option
	if calls := w.waiting(); len(calls) > 0 {
		all = append(all, option{50, func() string { return w.goOn(w.weather.next(w.rng, calls)) }})
	}
	ready, broken := w.answered()
	if len(ready) > 0 {
		all = append(all, option{25, func() string { return w.reply(pick(w.rng, ready)) }})
	}
	if len(broken) > 0 {
		all = append(all, option{10, func() string { w.end(broken[0], false); return broken[0].name + " is told of a crash" }})
	}
	if links := w.moving(); len(links) > 0 {
		all = append(all, option{25, func() string { return pick(w.rng, links).move() }})
	}
	if len(w.late) > 0 {
		all = append(all, option{4, w.takeEffect})
	}
	if due := w.duties(); len(due) > 0 {
		all = append(all, option{20, func() string { d := pick(w.rng, due); d.do(); return d.name }})
	}
	if w.calm {
		return append(all, option{1 + 60/(1+len(all)*30), func() string { return w.pass(time.Duration(300+w.rng.IntN(700)) * time.Millisecond) }})
	}
	return append(all,
		option{12, w.act},
		option{14, w.passSome},
		option{w.weather.trouble, w.trouble},
		option{3, w.repair},
		option{6, w.commit},
	)
}

// goOn decides what becomes of a call.
func (w *world) goOn(c *call) string {
	f := w.weather.fate(w, c)
	w.seen("call " + f.String())
	w.seen(c.op + ": " + f.String())
	what := fmt.Sprintf("%v: %v", c, f)
	w.decide(c, f)
	return what
}

// reply brings an answer to its client, or loses it.
func (w *world) reply(r *request) string {
	if !w.calm && w.rng.IntN(100) < w.weather.faults {
		w.end(r, false)
		w.seen("answer to a client lost")
		return r.name + ": answer lost"
	}
	w.end(r, true)
	return r.name + ": answered"
}

func (w *world) takeEffect() string {
	e := w.takeLate()
	w.seen("late effect")
	e.happen()
	return e.String() + ": takes effect late"
}

func (w *world) duties() []duty {
	var due []duty
	for _, c := range w.clients {
		due = append(due, c.duties(time.Now())...)
	}
	return due
}

// moving returns the connections on which something can move.
func (w *world) moving() []*link {
	var able []*link
	for _, l := range w.links {
		if !l.cut && (len(l.queue) > 0 || l.closing) || !l.gone && (l.closing || l.cut) {
			able = append(able, l)
		}
	}
	return able
}

// move brings the next thing on a connection to whom it concerns.
func (l *link) move() string {
	switch {
	case !l.cut && len(l.queue) > 0:
		f := l.queue[0]
		l.queue = l.queue[1:]
		l.client.receive(f)
		return fmt.Sprintf("%s receives %s", l.client.name, f.name)
	case !l.cut:
		l.lost()
		return fmt.Sprintf("%s is disconnected", l.client.name)
	default:
		l.gateway.closed(l)
		return fmt.Sprintf("%s forgets %s", l.gateway.p, l.id)
	}
}

// passSome lets time pass: mostly a moment, at times as long as a lease.
func (w *world) passSome() string {
	d := time.Duration(w.rng.IntN(400)) * time.Millisecond
	switch n := w.rng.IntN(100); {
	case n < 1:
		d = time.Duration(10+w.rng.IntN(60)) * time.Second
	case n < 6:
		d = time.Duration(1+w.rng.IntN(8)) * time.Second
	}
	return w.pass(d)
}

// pass lets the clock run.
func (w *world) pass(d time.Duration) string {
	d += time.Duration(1 + w.rng.IntN(1_000_000))
	w.wait(d)
	return fmt.Sprintf("%v pass", d)
}

// tick makes the present instant a new one: what begins at different instants has timers that never fire together, whose
// order nothing would decide.
func (w *world) tick() {
	w.ticks++
	w.wait(time.Microsecond + time.Duration(w.ticks))
}

func (w *world) wait(d time.Duration) {
	w.fence()
	time.Sleep(d) //nolint:forbidigo // this is the virtual clock, and here it is made to run
}

// rest is how long the world is watched after its last fault: longer than a lease, and than all that waits for one.
const rest = 90 * time.Second

// heal ends all faults, and lets everything happen that is under way.
func (w *world) heal() {
	w.calm = true
	clear(w.down)
	w.trace.note(w.step, time.Now(), "all faults end")
	for slot, p := range w.alive {
		if p != nil && p.gateway != nil && p.gateway.draining {
			w.crash(p)
		}
		if w.alive[slot] == nil {
			w.start(slot)
		}
	}
	w.kafka.rebalance(w.rng.IntN)
	for _, c := range w.clients {
		c.asleepUntil = time.Time{}
	}
	synctest.Wait()
	for until := time.Now().Add(rest); time.Now().Before(until) && !w.broken(); {
		w.next()
	}
}

// trace is what happened, step by step.
type trace struct {
	lines []string
}

func (t *trace) note(step int, at time.Time, what string) {
	t.lines = append(t.lines, fmt.Sprintf("%5d %s %s", step, at.Format("04:05.000000000"), what))
}

// hash tells traces apart.
func (t *trace) hash() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(t.lines, "\n")))
	return h.Sum64()
}
