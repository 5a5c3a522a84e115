package wiring

import (
	"context"

	"go.uber.org/fx"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/kafka"
	"chatsystem/adapters/postgres"
	"chatsystem/adapters/redis"
	"chatsystem/ports"
)

// The adapters of the five services. They connect when they are first used, so that a service starts while a store is
// down; /readyz tells.

func openPostgres(lc fx.Lifecycle, cfg postgres.Config, clock ports.Clock) (*postgres.DB, error) {
	db, err := postgres.Open(cfg, clock)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(db.Close))
	return db, nil
}

func openRedis(lc fx.Lifecycle, cfg redis.Config) (*redis.Client, error) {
	c, err := redis.Open(cfg)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(c.Close))
	return c, nil
}

func openDynamo(lc fx.Lifecycle, ctx context.Context, cfg dynamo.Config) (*dynamo.MessageStore, error) { //nolint:revive // fx's parameters have no order
	s, err := dynamo.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(s.Close))
	return s, nil
}

func openProducer(lc fx.Lifecycle, cfg kafka.Config) (*kafka.Producer, error) {
	p, err := kafka.NewProducer(cfg)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(p.Close))
	return p, nil
}

func openTopics(lc fx.Lifecycle, cfg kafka.Config) (*kafka.Topics, error) {
	t, err := kafka.OpenTopics(cfg)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(t.Close))
	return t, nil
}

var (
	eventPublisher = bind(openProducer, as[ports.EventPublisher]())
	// The consumer's own loop begins before the routing and ends after it.
	eventSource = fx.Options(
		bind(kafka.NewConsumer, as[ports.EventSource](), fx.As(fx.Self())),
		background((*kafka.Consumer).Run),
	)
	presenceReader   = bind(redis.NewPresence, as[ports.PresenceReader]())
	presenceRegistry = bind(redis.NewPresence, as[ports.PresenceRegistry]())
	messageStore     = bind(openDynamo, as[ports.MessageStore](), as[ports.MessageReader](), fx.As(fx.Self()))
)
