package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"chatsystem/domain"
)

// trouble lets something big go wrong.
func (w *world) trouble() string {
	what := w.bigFault()
	w.seen("fault: " + what)
	return what
}

func (w *world) bigFault() string {
	switch n := w.rng.IntN(100); {
	case n < 40:
		return w.crashSome()
	case n < 50:
		return w.drainSome()
	case n < 56:
		w.forgetRedis()
		return "Redis forgets everything"
	case n < 60:
		w.forgetRedis()
		w.redis.interrupt(w.gateways()...)
		return "Redis starts anew, empty"
	case n < 70:
		if all := w.gateways(); len(all) > 0 {
			w.redis.interrupt(pick(w.rng, all))
		}
		return "a subscription is interrupted"
	case n < 82:
		part := pick(w.rng, []string{"postgres", "dynamo", "redis", "redis", "kafka", "kafka"})
		w.down[part] = time.Now().Add(time.Duration(1+w.rng.IntN(20)) * time.Second)
		if part == "redis" {
			w.redis.interrupt(w.gateways()...)
		}
		return part + " goes down"
	case n < 94:
		w.kafka.rebalance(w.rng.IntN)
		return "partitions are given out anew"
	case n < 97:
		w.kafka.forgetGroup()
		w.kafka.rebalance(w.rng.IntN)
		return "Kafka forgets the group's offsets"
	}
	if w.weather.restores && w.server < 1 {
		return w.restore()
	}
	return "nothing goes wrong"
}

// crashSome ends a process at whatever it is doing.
func (w *world) crashSome() string {
	p := pick(w.rng, w.alive)
	if p == nil {
		return "nothing goes wrong"
	}
	for _, c := range w.waiting() {
		if c.by != p {
			continue
		}
		when := "before "
		if c.answer {
			when = "after "
		}
		w.seen("crash " + when + c.op)
	}
	w.crash(p)
	return fmt.Sprintf("a %s service crashes", p.kind)
}

// drainSome begins to stop a gateway gently.
func (w *world) drainSome() string {
	for _, p := range w.alive {
		if p != nil && p.gateway != nil && !p.gateway.draining && w.rng.IntN(2) == 0 {
			p.gateway.draining = true
			return "a gateway drains"
		}
	}
	return "nothing goes wrong"
}

// forgetRedis also loses what Redis was sent and has not done.
func (w *world) forgetRedis() {
	w.mu.Lock()
	w.late = slices.DeleteFunc(w.late, func(e lateEffect) bool { return strings.HasPrefix(e.op, "redis.") })
	w.mu.Unlock()
	w.redis.forget()
	w.model.forgetLeases()
}

func (w *world) gateways() []domain.GatewayID {
	var ids []domain.GatewayID
	for _, p := range w.alive {
		if p != nil && p.gateway != nil {
			ids = append(ids, p.gateway.id)
		}
	}
	return ids
}

// recover goes on with what repairs itself: processes start again, offsets are committed, gateways go on draining.
func (w *world) recover() string {
	if slot := w.rng.IntN(len(slots)); w.alive[slot] == nil {
		p := w.start(slot)
		if p.kind == workerKind {
			w.kafka.rebalance(w.rng.IntN)
		}
		return p.String() + " starts"
	}
	for _, p := range w.alive {
		if p == nil || p.gateway == nil || !p.gateway.draining || w.rng.IntN(2) == 0 {
			continue
		}
		if p.gateway.letGo() {
			return p.String() + " lets a connection go"
		}
		w.crash(p)
		return p.String() + " has drained, and ends"
	}
	if news := w.kafka.commit(); news {
		w.seen("offsets committed")
	}
	return "offsets are committed"
}

// restore puts the database back to what it was in the beginning, in one of two ways: with the messages, which is the whole
// system from a backup, or without, which leaves the message table ahead of the counter.
func (w *world) restore() string {
	for _, p := range w.alive {
		if p != nil {
			w.crash(p)
		}
	}
	w.server++
	w.restored = "Postgres"
	w.late = nil
	w.forgetRedis()
	w.kafka.clear()
	w.model.forgetConversations()
	w.settle()
	w.model.mu.Lock()
	if w.rng.IntN(2) == 0 {
		w.restored = "everything"
		w.table = newTable()
		clear(w.model.acked)
	}
	w.model.mu.Unlock()
	for _, c := range w.clients {
		c.access, c.refresh, c.sent = "", "", nil
	}
	for slot := range slots {
		w.start(slot)
	}
	w.kafka.rebalance(w.rng.IntN)
	return w.restored + " is restored from a backup"
}
