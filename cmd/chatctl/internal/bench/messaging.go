package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"chatsystem/sdk"
)

// Messaging is people who write to each other while all of them listen.
type Messaging struct {
	Conversations int // of two people each, or one group
	Members       int // of each; 2 makes them direct
	Senders       int // of the members, who take turns
	Size          int // characters of a message
	Rate          float64
	Duration      time.Duration
	AtOnce        int // instead of a rate: so many messages under way all the time
}

// Pairs are people who write to each other in direct conversations, both of them taking turns.
func Pairs(pairs, size int, rate float64, over time.Duration) Messaging {
	return Messaging{Conversations: pairs, Members: 2, Senders: 2, Size: size, Rate: rate, Duration: over}
}

// Group is one group whose members all listen while some write.
func Group(members, senders, size int, rate float64, over time.Duration) Messaging {
	return Messaging{Conversations: 1, Members: members, Senders: senders, Size: size, Rate: rate, Duration: over}
}

// Validate reports what is wrong with the plan, or too much.
func (m Messaging) Validate() error {
	if m.AtOnce > 0 {
		m.Rate = maxClosedRate
	}
	requests := m.Rate * m.Duration.Seconds()
	return firstOf(
		within("at once", float64(m.AtOnce), 0, maxInFlight),
		within("members", float64(m.Members), 2, MaxMembers),
		within("senders", float64(m.Senders), 1, float64(m.Members)),
		within("conversations", float64(m.Conversations), 1, MaxConnections/float64(max(m.Members, 1))),
		within("size", float64(m.Size), 1, MaxBody),
		within("rate", m.Rate, 0.01, MaxRate),
		within("duration in seconds", m.Duration.Seconds(), 0.1, MaxDuration.Seconds()),
		within("rate × duration", requests, 1, MaxRequests),
		within("rate × duration × members", requests*float64(m.Members), 1, MaxEvents),
	)
}

// maxClosedRate bounds the requests per second that a closed loop has room for.
const maxClosedRate = 20_000

func (m Messaging) schedule(rate float64) schedule {
	if m.AtOnce > 0 {
		return newClosedLoop(m.AtOnce, int(maxClosedRate*m.Duration.Seconds()), m.Duration)
	}
	return newSchedule(rate, m.Duration)
}

func within(what string, value, low, high float64) error {
	if value >= low && value <= high { // also refuses what is no number
		return nil
	}
	return fmt.Errorf("%s must be from %g to %g, is %g", what, low, high, value)
}

func firstOf(errs ...error) error { return cmp.Or(errs...) }

// talk is a conversation of a run.
type talk struct {
	id      string
	members []*listener
}

// room is who takes part in a messaging run, connected.
type room struct {
	bench     *Bench
	plan      Messaging
	users     []user
	listeners []*listener
	talks     []talk
}

// Messaging makes the people and their conversations, has them write, and returns how that went.
func (b *Bench) Messaging(ctx context.Context, plan Messaging) (Result, error) {
	r, err := b.enter(ctx, plan)
	defer r.leave(ctx)
	if err != nil {
		return Result{}, err
	}
	return r.load(ctx, plan.Rate)
}

// enter prepares a run. What it returns is to be left, also after an error.
func (b *Bench) enter(ctx context.Context, plan Messaging) (*room, error) {
	r := &room{bench: b, plan: plan}
	if err := plan.Validate(); err != nil {
		return r, err
	}
	var err error
	if r.users, err = b.users(ctx, plan.Conversations*plan.Members); err != nil {
		return r, err
	}
	r.talks = make([]talk, plan.Conversations)
	err = b.each(ctx, "conversations", plan.Conversations, signInsAtOnce, func(ctx context.Context, i int) (err error) {
		r.talks[i].id, err = b.conversation(ctx, r.people(i))
		return err
	})
	if err != nil {
		return r, err
	}
	r.listeners = make([]*listener, len(r.users))
	err = b.each(ctx, "connections", len(r.users), signInsAtOnce, func(_ context.Context, i int) (err error) {
		r.listeners[i], err = b.listen(ctx, r.users[i])
		return err
	})
	for i := range r.talks {
		r.talks[i].members = r.listeners[i*plan.Members : (i+1)*plan.Members]
	}
	return r, err
}

func (r *room) people(talk int) []user { return r.users[talk*r.plan.Members : (talk+1)*r.plan.Members] }

// conversation returns the direct conversation of two, or a group of more.
func (b *Bench) conversation(ctx context.Context, members []user) (string, error) {
	if len(members) == 2 {
		dm, err := members[0].CreateDM(ctx, members[1].id)
		return dm.ConversationID, err
	}
	return b.group(ctx, members)
}

// group makes a group; the first member is its admin.
func (b *Bench) group(ctx context.Context, members []user) (string, error) {
	var others []string
	for _, m := range members[1:] {
		others = append(others, m.id)
	}
	group, err := members[0].CreateGroup(ctx, "bench "+b.cfg.Seed, others...)
	return group.ConversationID, err
}

func (r *room) leave(ctx context.Context) {
	stopAll(r.listeners)
	r.bench.logout(ctx, r.users)
}

// place returns where the n-th message goes, and whose it is.
func (r *room) place(n int) (talk int, sender int) {
	return n % len(r.talks), n / len(r.talks) % r.plan.Senders
}

// sent is what became of one message.
type sent struct {
	tried bool
	seq   int64 // 0: no acknowledgement came
}

// outcome collects what happens during a load.
type outcome struct {
	mu     sync.Mutex
	sent   []sent
	last   time.Time // when the last answer came
	failed *tally
}

// load has messages written at a rate, waits for their arrival, and judges.
func (r *room) load(ctx context.Context, rate float64) (Result, error) {
	mark := newMarker()
	send, delivery := newRecorder("send"), newRecorder("delivery")
	before, err := r.bench.usage()
	if err != nil {
		return Result{}, err
	}
	s := r.plan.schedule(rate)
	for i, l := range r.listeners {
		l.expect(mark, func(a arrival) {
			if talk, sender := r.place(int(a.n)); int(a.n) < s.count && talk*r.plan.Members+sender != i { // to others
				delivery.record(time.Since(s.due(int(a.n))))
			}
		})
	}
	out := &outcome{sent: make([]sent, s.count), failed: newTally()}
	progress := r.bench.progress(loadStep(rate, r.plan.AtOnce), s.count)
	s.run(ctx, func(n int) {
		t, sender := r.place(n)
		m, err := r.people(t)[sender].Send(ctx, r.talks[t].id, mark.text(n, r.plan.Size), sdk.WithClientMsgID(fmt.Sprintf("%s-%d", mark[6:18], n)))
		send.record(time.Since(s.due(n)))
		out.add(n, m.Seq, err)
		progress()
	})
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	arrived := r.settle(ctx, out)
	after, err := r.bench.usage()
	if err != nil {
		return Result{}, err
	}
	verdict, err := r.judge(ctx, mark, out)
	if err != nil {
		return Result{}, err
	}
	result := Result{
		Offered: rate, Seconds: r.plan.Duration.Seconds(), Verdict: &verdict, Errors: out.failed.counts,
		Latencies: []Latency{send.latency(), delivery.latency()},
	}
	result.rate("acknowledged/s", verdict.Acknowledged, out.last.Sub(s.began))
	result.rate("delivered/s", verdict.Delivered, arrived.Sub(s.began))
	result.spent("of the load", before, after)
	return result, nil
}

func (o *outcome) add(n int, seq int64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = time.Now()
	o.sent[n] = sent{tried: true, seq: seq}
	if err != nil {
		o.sent[n].seq = 0
		o.failed.add(err)
	}
}

// kindOf is what an error is counted as.
func kindOf(err error) string {
	var refusal *sdk.Error
	var network net.Error
	switch {
	case errors.As(err, &refusal):
		return fmt.Sprintf("status %d %s", refusal.Status, refusal.Code)
	case errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	default:
		return "network"
	}
}

// quiet is how long nothing has to come until nothing more is waited for.
const quiet = 3 * time.Second

// settle waits until every connection has an event for everything that was acknowledged, or nothing comes any more, and
// returns when that was.
func (r *room) settle(ctx context.Context, out *outcome) time.Time {
	expected := 0
	for _, s := range out.sent {
		if s.seq > 0 {
			expected += r.plan.Members
		}
	}
	progress, last := 0, time.Now()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		have := 0
		for _, l := range r.listeners {
			have += l.count()
		}
		if have > progress {
			progress, last = have, time.Now()
		}
		if have >= expected || time.Since(last) > quiet {
			return last
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return last
		}
	}
}
