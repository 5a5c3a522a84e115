package redis

import (
	"context"
	"log/slog"
	"sync"

	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.GatewayPublisher = (*GatewayBus)(nil)
	_ ports.GatewayInbox     = (*GatewayBus)(nil)
)

// GatewayBus carries deliveries to gateways, each of which listens on a channel of its own and on one for all. The server
// keeps nothing: what is published while a gateway does not listen is lost to it, and it is told so.
type GatewayBus struct {
	client *Client
	log    *slog.Logger
	pace   pace
}

// NewGatewayBus returns the bus.
func NewGatewayBus(c *Client, log *slog.Logger) *GatewayBus {
	return &GatewayBus{client: c, log: log, pace: defaultPace}
}

// Deliver implements ports.GatewayPublisher: one PUBLISH for all the deliveries. After an error they may have arrived.
func (b *GatewayBus) Deliver(ctx context.Context, gw domain.GatewayID, deliveries []ports.Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	e := envelope{Deliveries: make([]delivery, len(deliveries))}
	for i, d := range deliveries {
		e.Deliveries[i] = deliveryOf(d)
	}
	message, err := encode(e)
	if err != nil {
		return err
	}
	return translate("deliver", b.client.rdb.Publish(ctx, b.client.gatewayChannel(gw), message).Err())
}

// Receive implements ports.GatewayInbox. It also says that something may have been lost when the gateway takes longer than
// inboxBytes of what came in, and when a message cannot be read.
func (b *GatewayBus) Receive(ctx context.Context, gw domain.GatewayID, r ports.GatewayReceiver) error {
	in := newInbox(inboxBytes)
	var background sync.WaitGroup
	defer background.Wait()
	background.Go(func() { b.stayTuned(ctx, gw, in) })
	background.Go(func() { b.beat(ctx, gw) })
	for {
		select {
		case <-in.filled:
		case <-ctx.Done():
			return ctx.Err()
		}
		messages, lost := in.take()
		if lost {
			r.Subscribed()
		}
		for _, m := range messages {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.hand(m, gw, r)
		}
	}
}

// hand gives the gateway what a message holds.
func (b *GatewayBus) hand(message string, gw domain.GatewayID, r ports.GatewayReceiver) {
	e, err := decode(message)
	if err != nil {
		b.log.Error("message to gateway not understood", "gateway_id", gw, "error", err)
		r.Subscribed() // it is as good as lost
		return
	}
	for _, d := range e.Deliveries {
		r.Deliver(d.port())
	}
	if len(e.Revoked) > 0 {
		r.SessionsRevoked(e.Revoked)
	}
}

// gatewayChannel is where one gateway listens.
func (c *Client) gatewayChannel(gw domain.GatewayID) string {
	return c.prefix + "gateway:" + string(gw) + ":channel"
}

// everyGateway is where all gateways listen.
func (c *Client) everyGateway() string { return c.prefix + "gateways:channel" }
