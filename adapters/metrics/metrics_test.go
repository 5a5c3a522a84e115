package metrics_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/adapters/metrics"
	"chatsystem/domain"
	"chatsystem/ports"
)

var errDown = errors.New("it is down")

// values returns what a registry shows: counters and gauges, and of histograms the number and the sum of what was observed.
func values(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	shown := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			if h := m.GetHistogram(); h != nil {
				shown[name+" count"], shown[name+" sum"] = float64(h.GetSampleCount()), h.GetSampleSum()
				continue
			}
			shown[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return shown
}

// manual is a clock that is set by hand.
type manual struct{ now time.Time }

func (m *manual) Now() time.Time { return m.now }

func newManual() *manual { return &manual{time.Date(2026, 1, 7, 12, 0, 0, 0, time.UTC)} }

// answers is a message log that answers in turn.
type answers []struct {
	created bool
	err     error
}

func (a *answers) Append(context.Context, domain.Draft) (domain.Message, bool, error) {
	next := (*a)[0]
	*a = (*a)[1:]
	return domain.Message{}, next.created, next.err
}

func TestSendsAreCountedByWhatCameOfThem(t *testing.T) {
	r := prometheus.NewRegistry()
	inner := answers{{true, nil}, {false, nil}, {false, domain.ErrConversationNotFound}, {false, domain.ErrUnavailable}, {false, errDown}}
	log := metrics.MessageLog(r, &inner)
	for range len(inner) {
		_, _, _ = log.Append(t.Context(), domain.Draft{})
	}
	assert.Equal(t, map[string]float64{
		"chat_messages_sent_total created": 1, "chat_messages_sent_total repeated": 1,
		"chat_messages_sent_total refused": 1, "chat_messages_sent_total failed": 2,
	}, values(t, r))
}

// allocator takes everything, or nothing while it is down.
type allocator struct{ err error }

func (a *allocator) Allocate(context.Context, domain.AllocationRequest) (domain.Allocation, bool, error) {
	return domain.Allocation{}, true, a.err
}

func (a *allocator) Void(context.Context, domain.ConversationID, domain.Seq, domain.VoidReason) error {
	return a.err
}

func TestVoidsAreCountedWhicheverWayTheyCome(t *testing.T) {
	r, inner := prometheus.NewRegistry(), &allocator{}
	a := metrics.SequenceAllocator(r, inner)
	do := func() {
		_ = a.Void(t.Context(), "c", 1, domain.VoidTombstone)
		_ = a.Void(t.Context(), "c", 2, domain.VoidForeign)
		_, _, _ = a.Allocate(t.Context(), domain.AllocationRequest{})
		_, _, _ = a.Allocate(t.Context(), domain.AllocationRequest{Refused: domain.Refusal{Seq: 3}})
	}
	do()
	inner.err = errDown
	do()
	assert.Equal(t, map[string]float64{"chat_seqs_voided_total tombstone": 2, "chat_seqs_voided_total foreign": 1}, values(t, r))
}

// left is what is found unfinished.
type left struct{ found []domain.Allocation }

func (l *left) LeaseUnfinished(context.Context, time.Duration, time.Duration, int) ([]domain.Allocation, error) {
	return l.found, nil
}

func TestWhatIsUnfinishedIsWhatIsFoundWithinOneLease(t *testing.T) {
	const lease = 10 * time.Second
	r, clock, inner := prometheus.NewRegistry(), newManual(), &left{}
	u := metrics.UnfinishedLeases(r, clock.Now, inner)
	began := clock.now
	round := func(after time.Duration, found ...domain.Allocation) map[string]float64 {
		clock.now, inner.found = began.Add(after), found
		_, err := u.LeaseUnfinished(t.Context(), time.Second, lease, 10)
		require.NoError(t, err)
		return values(t, r)
	}
	show := func(pending, stored, age float64) map[string]float64 {
		return map[string]float64{
			"chat_allocations_unfinished PENDING": pending, "chat_allocations_unfinished STORED": stored,
			"chat_allocations_unfinished_oldest_age_seconds": age,
		}
	}
	pending := domain.Allocation{State: domain.Pending, CreatedAt: began.Add(-20 * time.Second)}
	stored := domain.Allocation{State: domain.Stored, CreatedAt: began.Add(-10 * time.Second)}

	assert.Equal(t, show(0, 0, 0), values(t, r), "before the first round")
	assert.Equal(t, show(0, 1, 10), round(0, stored))
	assert.Equal(t, show(1, 2, 21), round(time.Second, stored, pending), "each is found once")
	assert.Equal(t, show(1, 2, 22), round(2*time.Second), "those found are leased, not finished")
	assert.Equal(t, show(1, 2, 32), round(12*time.Second, stored), "the last whole lease counts until the next")
	assert.Equal(t, show(0, 1, 33), round(23*time.Second))
	assert.Equal(t, show(0, 0, 0), round(34*time.Second))
}

// broker takes events and settlements, or nothing while it is down.
type broker struct{ err error }

func (b *broker) Publish(context.Context, []domain.Event) error     { return b.err }
func (b *broker) Settle(context.Context, []domain.Settlement) error { return b.err }
func (b *broker) Deliver(context.Context, domain.GatewayID, []ports.Delivery) error {
	return b.err
}

func TestBatchesAreMeasured(t *testing.T) {
	r, inner := prometheus.NewRegistry(), &broker{}
	publisher, settler := metrics.EventPublisher(r, inner), metrics.Settler(r, inner)
	require.NoError(t, publisher.Publish(t.Context(), make([]domain.Event, 3)))
	require.NoError(t, settler.Settle(t.Context(), make([]domain.Settlement, 5)))
	inner.err = errDown
	require.ErrorIs(t, publisher.Publish(t.Context(), make([]domain.Event, 1)), errDown)
	require.ErrorIs(t, settler.Settle(t.Context(), make([]domain.Settlement, 1)), errDown)
	got := values(t, r)
	for name, want := range map[string]float64{
		"chat_publish_batch_size count": 2, "chat_publish_batch_size sum": 4, "chat_publish_duration_seconds count": 2, "chat_publish_failures_total": 1,
		"chat_settle_batch_size count": 2, "chat_settle_batch_size sum": 6, "chat_settle_duration_seconds count": 2, "chat_settle_failures_total": 1,
	} {
		assert.Equal(t, want, got[name], name)
	}
}

func TestEventsAreMeasuredOnTheirWayThroughFanOut(t *testing.T) {
	r, clock, bus := prometheus.NewRegistry(), newManual(), memory.NewEventBus()
	source := metrics.EventSource(r, clock.Now, bus)
	require.NoError(t, bus.Publish(t.Context(), []domain.Event{
		{CreatedAt: clock.now.Add(-2 * time.Second)}, {}, {CreatedAt: clock.now.Add(time.Second)},
	}))
	batch, err := source.Fetch(t.Context(), 10)
	require.NoError(t, err)
	clock.now = clock.now.Add(3 * time.Second)
	batch.Events[0].Done()
	assert.Equal(t, map[string]float64{
		"chat_fanout_batch_size count": 1, "chat_fanout_batch_size sum": 3,
		"chat_fanout_lag_seconds count": 2, "chat_fanout_lag_seconds sum": 2, // one has no age, one comes from a clock ahead
		"chat_fanout_route_duration_seconds count": 1, "chat_fanout_route_duration_seconds sum": 3,
	}, values(t, r))
}

func TestDeliveriesAreCountedWhenTheyAreSent(t *testing.T) {
	r, inner := prometheus.NewRegistry(), &broker{}
	g := metrics.GatewayPublisher(r, inner)
	batch := []ports.Delivery{{Users: []domain.UserID{"a", "b"}}, {Users: []domain.UserID{"a"}}}
	require.NoError(t, g.Deliver(t.Context(), "g", batch))
	inner.err = errDown
	require.ErrorIs(t, g.Deliver(t.Context(), "g", batch), errDown)
	got := values(t, r)
	assert.EqualValues(t, 2, got["chat_fanout_deliveries_total"])
	assert.EqualValues(t, 3, got["chat_fanout_receivers_total"])
	assert.EqualValues(t, 1, got["chat_fanout_deliver_failures_total"])
	assert.EqualValues(t, 2, got["chat_fanout_deliver_duration_seconds count"])
}

// delivering is an inbox with one delivery in it.
type delivering struct{ delivery ports.Delivery }

func (d delivering) Receive(_ context.Context, _ domain.GatewayID, r ports.GatewayReceiver) error {
	r.Subscribed()
	r.Deliver(d.delivery)
	r.SessionsRevoked(nil)
	return errDown
}

// sockets are slow to take what they are handed.
type sockets struct {
	clock *manual
	calls []string
}

func (s *sockets) Subscribed() { s.calls = append(s.calls, "subscribed") }
func (s *sockets) Deliver(ports.Delivery) {
	s.clock.now = s.clock.now.Add(time.Second)
	s.calls = append(s.calls, "deliver")
}
func (s *sockets) SessionsRevoked([]domain.SessionID) { s.calls = append(s.calls, "revoked") }

func TestLatencyEndsWhereTheSocketsHaveIt(t *testing.T) {
	r, clock := prometheus.NewRegistry(), newManual()
	receiver := &sockets{clock: clock}
	event := domain.Event{CreatedAt: clock.now.Add(-time.Second)}
	err := metrics.GatewayInbox(r, clock.Now, delivering{ports.Delivery{Event: event}}).Receive(t.Context(), "g", receiver)
	require.ErrorIs(t, err, errDown)
	assert.Equal(t, []string{"subscribed", "deliver", "revoked"}, receiver.calls)
	assert.Equal(t, map[string]float64{"chat_delivery_latency_seconds count": 1, "chat_delivery_latency_seconds sum": 2}, values(t, r))
}

// registry is down.
type registry struct{ ports.PresenceRegistry }

func (registry) Renew(context.Context, domain.GatewayID, []domain.Lease) ([]domain.Lease, error) {
	return nil, errDown
}
func (registry) Leave(context.Context, domain.GatewayID, []domain.Lease) error { return errDown }
func (registry) Revoked(context.Context, []domain.SessionID) ([]domain.SessionID, error) {
	return nil, errDown
}

func TestFailuresOfTheRegistryAreCounted(t *testing.T) {
	r := prometheus.NewRegistry()
	presence, revocations := metrics.PresenceRegistry(r, registry{}), metrics.RevocationReader(r, registry{})
	_, err := presence.Renew(t.Context(), "g", nil)
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, presence.Leave(t.Context(), "g", nil), errDown)
	_, err = revocations.Revoked(t.Context(), nil)
	require.ErrorIs(t, err, errDown)
	assert.Equal(t, map[string]float64{
		"chat_presence_failures_total renew": 1, "chat_presence_failures_total leave": 1, "chat_revocation_check_failures_total": 1,
	}, values(t, r))
}
