package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"chatsystem/domain"
	"chatsystem/ports"
)

// GatewayPublisher returns next with what is sent to gateways measured.
func GatewayPublisher(r prometheus.Registerer, next ports.GatewayPublisher) ports.GatewayPublisher {
	with := promauto.With(r)
	return gateways{
		next,
		with.NewCounter(prometheus.CounterOpts{Name: "chat_fanout_deliveries_total", Help: "Events sent to gateways, each counted once per gateway."}),
		with.NewCounter(prometheus.CounterOpts{Name: "chat_fanout_receivers_total", Help: "Users that events were sent to, each counted once per event and gateway."}),
		newSteps(with, "chat_fanout_deliver", "Sending one batch of events to one gateway"),
	}
}

type gateways struct {
	next                  ports.GatewayPublisher
	deliveries, receivers prometheus.Counter
	calls                 steps
}

// Deliver implements ports.GatewayPublisher.
func (g gateways) Deliver(ctx context.Context, gw domain.GatewayID, deliveries []ports.Delivery) error {
	err := g.calls.measure(func() error { return g.next.Deliver(ctx, gw, deliveries) })
	if err == nil {
		g.deliveries.Add(float64(len(deliveries)))
		for _, d := range deliveries {
			g.receivers.Add(float64(len(d.Users)))
		}
	}
	return err
}

// GatewayInbox returns next with the age of what reaches the sockets measured: the latency of messages end to end.
func GatewayInbox(r prometheus.Registerer, clock ports.Clock, next ports.GatewayInbox) ports.GatewayInbox {
	return inbox{next, clock, promauto.With(r).NewHistogram(prometheus.HistogramOpts{
		Name: "chat_delivery_latency_seconds", Help: "From a message's creation until its event was handed to the sockets of a gateway.", Buckets: latencies,
	})}
}

type inbox struct {
	next    ports.GatewayInbox
	clock   ports.Clock
	latency prometheus.Histogram
}

// Receive implements ports.GatewayInbox.
func (i inbox) Receive(ctx context.Context, gw domain.GatewayID, r ports.GatewayReceiver) error {
	return i.next.Receive(ctx, gw, receiver{r, i})
}

type receiver struct {
	ports.GatewayReceiver
	inbox inbox
}

// Deliver implements ports.GatewayReceiver.
func (r receiver) Deliver(d ports.Delivery) {
	r.GatewayReceiver.Deliver(d)
	observeAge(r.inbox.latency, d.Event.CreatedAt, r.inbox.clock())
}

// PresenceRegistry returns next with the failures of what gateways write counted.
func PresenceRegistry(r prometheus.Registerer, next ports.PresenceRegistry) ports.PresenceRegistry {
	failures := promauto.With(r).NewCounterVec(prometheus.CounterOpts{
		Name: "chat_presence_failures_total", Help: "Calls of the presence registry that failed, by step.",
	}, []string{"step"})
	return presence{next, failures.WithLabelValues("renew"), failures.WithLabelValues("leave")}
}

type presence struct {
	ports.PresenceRegistry
	renew, leave prometheus.Counter
}

// Renew implements ports.PresenceRegistry.
func (p presence) Renew(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) ([]domain.Lease, error) {
	missing, err := p.PresenceRegistry.Renew(ctx, gw, leases)
	countFailure(p.renew, err)
	return missing, err
}

// Leave implements ports.PresenceRegistry.
func (p presence) Leave(ctx context.Context, gw domain.GatewayID, leases []domain.Lease) error {
	err := p.PresenceRegistry.Leave(ctx, gw, leases)
	countFailure(p.leave, err)
	return err
}

// RevocationReader returns next with its failures counted.
func RevocationReader(r prometheus.Registerer, next ports.RevocationReader) ports.RevocationReader {
	return revocations{next, promauto.With(r).NewCounter(prometheus.CounterOpts{
		Name: "chat_revocation_check_failures_total", Help: "Checks whether sessions have ended that nobody could answer.",
	})}
}

type revocations struct {
	next     ports.RevocationReader
	failures prometheus.Counter
}

// Revoked implements ports.RevocationReader.
func (c revocations) Revoked(ctx context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	ended, err := c.next.Revoked(ctx, ids)
	countFailure(c.failures, err)
	return ended, err
}

func countFailure(failures prometheus.Counter, err error) {
	if err != nil {
		failures.Inc()
	}
}
