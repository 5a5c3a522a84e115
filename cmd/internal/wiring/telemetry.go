package wiring

import (
	"encoding/json"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"chatsystem/adapters/kafka"
	"chatsystem/adapters/metrics"
	"chatsystem/adapters/socketio"
	"chatsystem/adapters/tracing"
	"chatsystem/application/eventqueue"
	"chatsystem/application/fanout"
	"chatsystem/application/gateway"
	"chatsystem/application/messages"
	"chatsystem/ports"
)

// telemetry measures and records what passes the ports that a program uses, whatever adapters it binds to them. It needs
// a tracing.Config, and stands before everything that is traced: so it stops after it, and sends what that recorded last.
var telemetry = fx.Options(
	fx.Provide(tracing.New),
	background((*tracing.Tracer).Run),
	fx.Decorate(
		func(next ports.MessageLog, w watch) ports.MessageLog {
			return metrics.MessageLog(w.Registry, w.Tracer.MessageLog(next))
		},
		func(next ports.MessageStore, w watch) ports.MessageStore { return w.Tracer.MessageStore(next) },
		func(next ports.SequenceAllocator, w watch) ports.SequenceAllocator {
			return metrics.SequenceAllocator(w.Registry, next)
		},
		func(next ports.Settler, w watch) ports.Settler { return metrics.Settler(w.Registry, next) },
		func(next ports.UnfinishedLeases, w watch) ports.UnfinishedLeases {
			return metrics.UnfinishedLeases(w.Registry, w.Clock, next)
		},
		func(next ports.EventPublisher, w watch) ports.EventPublisher {
			return metrics.EventPublisher(w.Registry, w.Tracer.EventPublisher(next))
		},
		func(next ports.EventSource, w watch) ports.EventSource {
			return metrics.EventSource(w.Registry, w.Clock, w.Tracer.EventSource(next))
		},
		func(next ports.GatewayPublisher, w watch) ports.GatewayPublisher {
			return metrics.GatewayPublisher(w.Registry, next)
		},
		func(next ports.GatewayInbox, w watch) ports.GatewayInbox {
			return metrics.GatewayInbox(w.Registry, w.Clock, w.Tracer.GatewayInbox(next))
		},
		func(next ports.PresenceRegistry, w watch) ports.PresenceRegistry {
			return metrics.PresenceRegistry(w.Registry, next)
		},
		func(next ports.RevocationReader, w watch) ports.RevocationReader {
			return metrics.RevocationReader(w.Registry, next)
		},
	),
	fx.Invoke(func(r prometheus.Registerer, t *tracing.Tracer) error {
		return register(r, counters("chat_trace_spans_total", "Recorded steps of traces, by what became of them.", "outcome", map[string]func() int64{
			"exported": func() int64 { return t.Counts().Exported },
			"dropped":  func() int64 { return t.Counts().Dropped },
			"failed":   func() int64 { return t.Counts().Failed },
		})...)
	}),
)

// watch is what it takes to watch a port.
type watch struct {
	fx.In

	Registry prometheus.Registerer
	Clock    ports.Clock
	Tracer   *tracing.Tracer
}

// What follows registers what parts tell of themselves. Each stands beside the use cases that it is about.

func watchNotices(r prometheus.Registerer, n *eventqueue.Notices) error {
	return register(r, counter("chat_notices_dropped_total", "Events other than messages left out for want of room in the queue.", n.Refused))
}

func watchMessages(r prometheus.Registerer, a *messages.Announcer, rec *messages.Reconcile) error {
	return register(r, append(
		counters("chat_messages_reconciled_total", "Messages found unfinished, by what became of them.", "outcome", map[string]func() int64{
			"published": func() int64 { return rec.Outcomes().Published },
			"closed":    func() int64 { return rec.Outcomes().Closed },
			"lost":      func() int64 { return rec.Outcomes().Lost },
			"failed":    func() int64 { return rec.Outcomes().Failed },
		}),
		counter("chat_messages_not_announced_total", "Messages left to be announced later, for want of room in the queue.", a.Refused),
	)...)
}

func watchFanout(r prometheus.Registerer, route *fanout.Route) error {
	return register(r, counter("chat_fanout_retries_total", "Batches of events that had to be tried again.", route.Retries))
}

func watchGateway(r prometheus.Registerer, c *gateway.Connections, p *gateway.Presence) error {
	return register(r, append(
		counters("chat_gateway_resyncs_total", "Times that a connection was told to catch up, by reason.", "reason", map[string]func() int64{
			gateway.ResyncPresenceLost: func() int64 { return p.Resyncs(gateway.ResyncPresenceLost) },
			gateway.ResyncInterrupted:  func() int64 { return p.Resyncs(gateway.ResyncInterrupted) },
		}),
		gauge("chat_gateway_connections", "Realtime connections, authenticated or not.", func() int64 { return int64(c.Count()) }),
		gauge("chat_gateway_authenticated_connections", "Realtime connections of a user.", func() int64 { return int64(c.Authenticated()) }),
	)...)
}

// watchConsumer is for programs that receive events from Kafka.
func watchConsumer(r prometheus.Registerer, c *kafka.Consumer) error {
	return register(r,
		counter("chat_fanout_parked_total", "Messages on the broker that could not be read and were put aside.", c.Parked),
		counter("chat_fanout_reassignments_total", "Times that partitions were given to this consumer.", c.Reassignments),
		counter("chat_fanout_consumer_failures_total", "Steps of the consumer that failed and were tried again.", c.Failures),
	)
}

// watchSockets returns h with its authentications measured, and the ends of its sockets counted by reason.
func watchSockets(r prometheus.Registerer, h socketio.Handler) (socketio.Handler, error) {
	authentications := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "chat_gateway_authenticate_duration_seconds", Help: "Time to answer a client that shows its token.",
		Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5},
	})
	ends := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "chat_gateway_disconnects_total", Help: "Sockets that ended, by reason.",
	}, []string{"reason"})
	ends.WithLabelValues(socketio.ReasonSlow) // shown before the first one
	return watchedSockets{h, authentications, ends}, register(r, authentications, ends)
}

type watchedSockets struct {
	socketio.Handler
	authentications prometheus.Histogram
	ends            *prometheus.CounterVec
}

// Connect implements socketio.Handler.
func (h watchedSockets) Connect(s *socketio.Socket, auth json.RawMessage) {
	if auth != nil {
		defer h.measure(time.Now())
	}
	h.Handler.Connect(s, auth)
}

// Event implements socketio.Handler.
func (h watchedSockets) Event(s *socketio.Socket, name string, args socketio.Args, ack socketio.Ack) {
	if name == "authenticate" {
		defer h.measure(time.Now())
	}
	h.Handler.Event(s, name, args, ack)
}

func (h watchedSockets) measure(began time.Time) {
	h.authentications.Observe(time.Since(began).Seconds())
}

// Disconnect implements socketio.Handler.
func (h watchedSockets) Disconnect(s *socketio.Socket, reason string) {
	h.ends.WithLabelValues(reason).Inc()
	h.Handler.Disconnect(s, reason)
}
