package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"chatsystem/domain"
)

// pace is how a subscription is kept alive.
type pace struct {
	heartbeat    time.Duration // how often a gateway publishes to itself
	silence      time.Duration // without any message at all, the subscription is dead
	firstBackoff time.Duration // before subscribing again, doubled up to maxBackoff
	maxBackoff   time.Duration
}

var defaultPace = pace{heartbeat: 5 * time.Second, silence: 12 * time.Second, firstBackoff: 100 * time.Millisecond, maxBackoff: 3 * time.Second}

// stayTuned keeps the gateway subscribed until ctx ends. Whenever it has subscribed, it notes a gap in the inbox: what was
// published before may be lost.
func (b *GatewayBus) stayTuned(ctx context.Context, gw domain.GatewayID, in *inbox) {
	wait := b.pace.firstBackoff
	for {
		subscribed, err := b.listen(ctx, gw, in)
		if ctx.Err() != nil {
			return
		}
		if subscribed {
			wait = b.pace.firstBackoff
		}
		b.log.Warn("subscription lost, will subscribe again", "gateway_id", gw, "error", err)
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, b.pace.maxBackoff)
	}
}

// listen subscribes and puts what comes into the inbox until the subscription fails. The library would subscribe again by
// itself, silently: it is closed at the first error instead, and each round of confirmations counts as a gap.
func (b *GatewayBus) listen(ctx context.Context, gw domain.GatewayID, in *inbox) (subscribed bool, err error) {
	sub := b.client.rdb.Subscribe(ctx)
	hangUp := func() { _ = sub.Close() } // a second time it is no use and no harm
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)() // nothing else ends a Receive that waits
	channels := []string{b.client.gatewayChannel(gw), b.client.everyGateway()}
	if err := sub.Subscribe(ctx, channels...); err != nil {
		return false, fmt.Errorf("subscribe: %w", err)
	}
	confirmed := 0
	for {
		received, err := sub.ReceiveTimeout(ctx, b.pace.silence)
		if err != nil {
			return subscribed, fmt.Errorf("receive: %w", err)
		}
		switch received := received.(type) {
		case *redis.Subscription:
			if confirmed++; confirmed%len(channels) == 0 {
				subscribed = true
				in.gap()
			}
		case *redis.Message:
			if subscribed {
				in.put(received.Payload)
			}
		}
	}
}

// beat makes the gateway hear from itself, so that silence means that its subscription is dead. A heartbeat that cannot be
// published is not missed: the silence says so.
func (b *GatewayBus) beat(ctx context.Context, gw domain.GatewayID) {
	heartbeat, err := encode(envelope{})
	if err != nil {
		b.log.Error("heartbeat", "error", err)
		return
	}
	ticker := time.NewTicker(b.pace.heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		err := b.client.rdb.Publish(ctx, b.client.gatewayChannel(gw), heartbeat).Err()
		if err != nil && !errors.Is(err, context.Canceled) {
			b.log.Debug("heartbeat not published", "gateway_id", gw, "error", err)
		}
	}
}
