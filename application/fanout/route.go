package fanout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const (
	fetchMax     = 256
	routeTimeout = 5 * time.Second // for one try of one batch
	firstPause   = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// Route sends events on to the gateways of their receivers, at least once and in seq order per conversation except
// for what comes later than the reorder window.
type Route struct {
	source     ports.EventSource
	recipients *Recipients
	presence   ports.PresenceReader
	gateways   ports.GatewayPublisher
	clock      ports.Clock
	jitter     ports.Jitter
	log        *slog.Logger
	window     *domain.ReorderWindow[ports.InboundEvent]
	retries    atomic.Int64
}

// NewRoute returns the use case.
func NewRoute(s ports.EventSource, r *Recipients, p ports.PresenceReader, g ports.GatewayPublisher, clock ports.Clock, jitter ports.Jitter, log *slog.Logger) *Route {
	return &Route{
		source: s, recipients: r, presence: p, gateways: g, clock: clock, jitter: jitter, log: log,
		window: domain.NewReorderWindow[ports.InboundEvent](),
	}
}

// Retries returns how often a batch had to be tried again.
func (uc *Route) Retries() int64 { return uc.retries.Load() }

// Run routes until ctx ends. What is held then comes again to whoever runs next: nothing held is reported as done.
func (uc *Route) Run(ctx context.Context) {
	for ctx.Err() == nil {
		ready, err := uc.next(ctx)
		if err != nil {
			uc.log.Warn("fetch events", "error", err)
			uc.pause(ctx, longestPause)
			continue
		}
		if len(ready) > 0 {
			uc.route(ctx, ready)
		}
	}
}

// next waits for events or for the end of somebody's wait in the reorder window.
func (uc *Route) next(ctx context.Context) ([]ports.InboundEvent, error) {
	fetchCtx, cancel := ctx, context.CancelFunc(func() {})
	if due, held := uc.window.NextDue(); held {
		fetchCtx, cancel = context.WithTimeout(ctx, due.Sub(uc.clock()))
	}
	defer cancel()
	batch, err := uc.source.Fetch(fetchCtx, fetchMax)
	if err != nil && fetchCtx.Err() == nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	if batch.Reassigned {
		uc.window.Forget()
	}
	now := uc.clock()
	var ready []ports.InboundEvent
	for _, e := range batch.Events {
		if e.Seq == 0 {
			ready = append(ready, e)
			continue
		}
		ready = append(ready, uc.window.Offer(e.Conversation, e.Seq, e, now)...)
	}
	return append(ready, uc.window.Due(now)...), nil
}

// route delivers a batch, again and again until it works: an event is never skipped.
func (uc *Route) route(ctx context.Context, batch []ports.InboundEvent) {
	for wait := firstPause; ; wait = min(2*wait, longestPause) {
		err := uc.try(ctx, batch)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		uc.retries.Add(1)
		uc.log.Warn("route events, will try again", "count", len(batch), "error", err, "again_in", wait)
		uc.pause(ctx, wait)
	}
	for _, e := range batch {
		e.Done()
	}
}

func (uc *Route) try(ctx context.Context, batch []ports.InboundEvent) error {
	ctx, cancel := context.WithTimeout(ctx, routeTimeout)
	defer cancel()
	receivers, err := uc.recipients.of(ctx, batch)
	if err != nil {
		return fmt.Errorf("recipients: %w", err)
	}
	where, err := uc.presence.Gateways(ctx, distinct(receivers))
	if err != nil {
		return fmt.Errorf("presence: %w", err)
	}
	var failed error
	byGateway := byGateway(batch, receivers, where)
	for _, gw := range slices.Sorted(maps.Keys(byGateway)) {
		if err := uc.gateways.Deliver(ctx, gw, byGateway[gw]); err != nil {
			failed = errors.Join(failed, fmt.Errorf("deliver to %s: %w", gw, err))
		}
	}
	return failed
}

// distinct returns every receiver once.
func distinct(receivers []*audience) []domain.UserID {
	looked, seen := map[*audience]bool{}, map[domain.UserID]bool{}
	var users []domain.UserID
	for _, of := range receivers {
		if looked[of] {
			continue
		}
		looked[of] = true
		for _, u := range of.users {
			if !seen[u] {
				seen[u] = true
				users = append(users, u)
			}
		}
	}
	return users
}

// byGateway sorts the events by where their receivers are; each gateway gets an event once, in the order of the batch.
func byGateway(batch []ports.InboundEvent, receivers []*audience, where map[domain.UserID][]domain.GatewayID) map[domain.GatewayID][]ports.Delivery {
	out := map[domain.GatewayID][]ports.Delivery{}
	split := map[*audience]map[domain.GatewayID][]domain.UserID{}
	for i, e := range batch {
		users, known := split[receivers[i]]
		if !known {
			users = map[domain.GatewayID][]domain.UserID{}
			for _, u := range receivers[i].users {
				for _, gw := range where[u] {
					users[gw] = append(users[gw], u)
				}
			}
			split[receivers[i]] = users
		}
		for gw, us := range users {
			out[gw] = append(out[gw], ports.Delivery{Event: e.Event, Users: us})
		}
	}
	return out
}

// pause waits for about d, or until ctx ends.
func (uc *Route) pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d/2 + uc.jitter(d/2)):
	case <-ctx.Done():
	}
}
