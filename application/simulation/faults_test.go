package simulation

import (
	"slices"
	"strings"
	"time"

	"chatsystem/domain"
)

// trouble is a fault of a whole part. happen says whether it came about.
type trouble struct {
	name   string
	weight int
	happen func(*world) bool
}

var troubles = []trouble{
	{"a user service crashes", 4, func(w *world) bool { return w.crashSome(userKind) }},
	{"a chat service crashes", 6, func(w *world) bool { return w.crashSome(chatKind) }},
	{"a message service crashes", 12, func(w *world) bool { return w.crashSome(messageKind) }},
	{"a gateway crashes", 6, func(w *world) bool { return w.crashSome(gatewayKind) }},
	{"a worker crashes", 12, func(w *world) bool { return w.crashSome(workerKind) }},
	{"a gateway drains", 8, (*world).drainSome},
	{"Redis forgets everything", 6, (*world).forgetRedis},
	{"Redis starts anew, empty", 4, func(w *world) bool { return w.forgetRedis() && w.interrupt(w.gateways()...) }},
	{"a subscription is interrupted", 10, func(w *world) bool { return w.interruptSome() }},
	{"Postgres goes down", 3, func(w *world) bool { return w.takeDown("postgres") }},
	{"DynamoDB goes down", 3, func(w *world) bool { return w.takeDown("dynamo") }},
	{"Kafka goes down", 4, func(w *world) bool { return w.takeDown("kafka") }},
	{"Redis goes down", 4, func(w *world) bool { return w.takeDown("redis") && w.interrupt(w.gateways()...) }},
	{"partitions are given out anew", 10, func(w *world) bool { w.kafka.rebalance(w.rng.IntN); return true }},
	{"Kafka forgets the group's offsets", 3, func(w *world) bool { w.kafka.forgetGroup(); w.kafka.rebalance(w.rng.IntN); return true }},
	{"the database is restored from a backup", 2, func(w *world) bool { return w.server == 0 && w.restore(false) }},
	{"everything is restored from a backup", 2, func(w *world) bool { return w.server == 0 && w.restore(true) }},
}

// trouble lets something big go wrong.
func (w *world) trouble() string {
	t := w.weather.drawTrouble(w.rng)
	if t == nil || !t.happen(w) {
		return "nothing goes wrong"
	}
	w.seen("fault: " + t.name)
	return t.name
}

func (w *world) takeDown(part string) bool {
	w.down[part] = time.Now().Add(time.Duration(1+w.rng.IntN(20)) * time.Second)
	return true
}

func (w *world) interrupt(gateways ...domain.GatewayID) bool {
	w.redis.interrupt(gateways...)
	return len(gateways) > 0
}

func (w *world) interruptSome() bool {
	all := w.gateways()
	return len(all) > 0 && w.interrupt(pick(w.rng, all))
}

// crashSome ends an instance of a service at whatever it is doing, if there is one that does something.
func (w *world) crashSome(k kind) bool {
	p := w.instance(k)
	if p == nil {
		return false
	}
	if busy := w.busy(k); len(busy) > 0 {
		p = pick(w.rng, busy)
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
	return true
}

// busy returns the instances of a service that are in the middle of something, once for each call that they wait for.
func (w *world) busy(k kind) []*process {
	var busy []*process
	for _, c := range w.waiting() {
		if c.by.kind == k && !c.steady && !c.by.dead {
			busy = append(busy, c.by)
		}
	}
	return busy
}

// drainSome begins to stop a gateway gently.
func (w *world) drainSome() bool {
	p := w.instance(gatewayKind)
	if p == nil || p.gateway.draining {
		return false
	}
	p.gateway.draining = true
	return true
}

// forgetRedis also loses what Redis was sent and has not done.
func (w *world) forgetRedis() bool {
	w.mu.Lock()
	w.late = slices.DeleteFunc(w.late, func(e lateEffect) bool { return strings.HasPrefix(e.op, "redis.") })
	w.mu.Unlock()
	w.redis.forget()
	w.model.forgetLeases()
	return true
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

// repair goes on with what repairs itself: processes start again, gateways go on draining.
func (w *world) repair() string {
	if slot := w.rng.IntN(len(slots)); w.alive[slot] == nil && (slots[slot] != workerKind || w.step > w.weather.workersFrom) {
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
	return "nothing needs repair"
}

// commit records how far the workers have come.
func (w *world) commit() string {
	if w.kafka.commit() {
		w.seen("offsets committed")
	}
	return "offsets are committed"
}

// restore puts the database back to what it was in the beginning. Without the messages, that leaves the message table ahead
// of the counter.
func (w *world) restore(messages bool) bool {
	for _, p := range w.alive {
		if p != nil {
			w.crash(p)
		}
	}
	w.server++
	w.late = nil
	w.forgetRedis()
	w.kafka.clear()
	w.model.forgetConversations()
	w.furnish()
	if messages {
		w.table = newTable()
		w.model.forgetMessages()
	}
	for _, c := range w.clients {
		c.signedOut()
		c.sent = nil
	}
	for slot := range slots {
		w.start(slot)
	}
	w.kafka.rebalance(w.rng.IntN)
	return true
}
