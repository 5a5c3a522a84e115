package wiring

import (
	"context"
	"log/slog"
	"net/http"

	"go.uber.org/fx"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/kafka"
	"chatsystem/adapters/postgres"
	"chatsystem/adapters/redis"
	"chatsystem/adapters/socketio"
	"chatsystem/adapters/tokens"
	"chatsystem/application/chats"
	"chatsystem/application/gateway"
	"chatsystem/application/messages"
	"chatsystem/application/users"
	"chatsystem/cmd/internal/config"
	"chatsystem/ports"
)

// UserService is accounts, sessions and the directory of users.
func UserService(ctx context.Context, cfg config.UserService, log *slog.Logger) Build {
	return service(ctx, "user-service", cfg.Common, log,
		fx.Supply(cfg.Edge, cfg.Origins, cfg.Secret, cfg.PostgresConfig(), cfg.RedisConfig("user-service")),
		fx.Supply(
			tokens.Config{KeyFile: cfg.PrivateKeyFile, OtherKeyFiles: cfg.OtherKeyFiles, Issuer: cfg.JWTIssuer, Audience: cfg.JWTAudience},
			users.Lifetimes{Access: cfg.AccessTokenTTL, Refresh: cfg.RefreshTokenTTL}, passwordCost(cfg.BcryptCost),
		),
		bind(openPostgres, as[ports.UserStore](), as[ports.UserDirectory](), as[ports.SessionStore](), as[ports.RevocationReader](), fx.As(fx.Self())),
		bind(newAnnouncements, as[ports.RevocationAnnouncer](), fx.As(fx.Self())), background((*users.Announcements).Run),
		signing, userService,
		fx.Provide(newUserHandler),
	)
}

type userFront struct {
	fx.In

	Front     front
	Users     httpapi.UserUseCases
	Sessions  ports.RevocationReader
	Authority *tokens.Authority
	Origins   config.Origins
	DB        *postgres.DB
	Redis     *redis.Client
}

func newUserHandler(f userFront) (http.Handler, error) {
	return f.Front.handler(f.Origins.AllowedOrigins,
		httpapi.UserRoutes(f.Users), httpapi.KeyRoutes(f.Authority.JWKS), httpapi.DocumentRoutes(),
		httpapi.InternalUserRoutes(f.Front.Accepted, f.Sessions),
		httpapi.HealthRoutes(postgresCheck(f.DB), schemaCheck(f.DB), redisCheck(f.Redis)),
	)
}

// ChatService is conversations, members, invites and the counter of each conversation's messages.
func ChatService(ctx context.Context, cfg config.ChatService, log *slog.Logger) Build {
	return service(ctx, "chat-service", cfg.Common, log,
		fx.Supply(cfg.Edge, cfg.Secret, cfg.PostgresConfig(), cfg.RedisConfig("chat-service"), cfg.KafkaConfig("chat-service"), cfg.Issuer, cfg.Keys),
		fx.Supply(chats.Retention(cfg.IdempotencyRetention)),
		bind(openPostgres,
			as[ports.UserDirectory](), as[ports.ConversationStore](), as[ports.InviteStore](), as[ports.ConversationReader](),
			as[ports.MembershipReader](), as[ports.SequenceAllocator](), as[ports.Settler](), as[ports.UnfinishedLeases](), as[ports.Allocations](),
			fx.As(fx.Self()),
		),
		fx.Provide(func(a ports.SequenceAllocator, s ports.Settler, u ports.UnfinishedLeases, m ports.MembershipReader) httpapi.InternalChatPorts {
			return httpapi.InternalChatPorts{Sequences: a, Settler: s, Unfinished: u, Members: m}
		}),
		fx.Provide(openTopics),
		presenceReader, eventPublisher, verifying,
		notices, chatService,
		fx.Provide(chats.NewPurgeAllocations), background(chats.PurgeAllocations.Run),
		fx.Provide(newChatsHandler),
	)
}

type chatFront struct {
	fx.In

	Front    front
	Chats    httpapi.ChatUseCases
	Internal httpapi.InternalChatPorts
	Keys     *tokens.KeySet
	DB       *postgres.DB
	Redis    *redis.Client
	Topics   *kafka.Topics
}

func newChatsHandler(f chatFront) (http.Handler, error) {
	return f.Front.handler(nil,
		httpapi.ChatRoutes(f.Chats),
		httpapi.InternalChatRoutes(f.Front.Accepted, f.Internal),
		httpapi.HealthRoutes(postgresCheck(f.DB), schemaCheck(f.DB), keyCheck(f.Keys), redisCheck(f.Redis), topicCheck(f.Topics)),
	)
}

// MessageService is sending and history of messages.
func MessageService(ctx context.Context, cfg config.MessageService, log *slog.Logger) Build {
	return service(ctx, "message-service", cfg.Common, log,
		fx.Supply(cfg.Edge, cfg.Secret, cfg.PostgresConfig(), cfg.RedisConfig("message-service"), cfg.KafkaConfig("message-service"), cfg.DynamoConfig(), cfg.Issuer, cfg.Keys),
		fx.Supply(chatServiceURL(cfg.ChatServiceURL)),
		bind(openPostgres, as[ports.HeadReader](), as[ports.ReadMarks](), fx.As(fx.Self())),
		bind(newChatClient, as[ports.SequenceAllocator](), as[ports.Settler](), as[ports.UnfinishedLeases]()),
		bind(messages.NewSequencedLog, as[ports.MessageLog](), as[messages.Resolver]()),
		fx.Provide(openTopics),
		messageStore, eventPublisher, verifying,
		notices, messageService,
		fx.Provide(newMessageHandler),
	)
}

type messageFront struct {
	fx.In

	Front    front
	Messages httpapi.MessageUseCases
	Keys     *tokens.KeySet
	DB       *postgres.DB
	Store    *dynamo.MessageStore
	Redis    *redis.Client
	Topics   *kafka.Topics
}

func newMessageHandler(f messageFront) (http.Handler, error) {
	return f.Front.handler(nil,
		httpapi.MessageRoutes(f.Messages),
		httpapi.HealthRoutes(
			postgresCheck(f.DB), schemaCheck(f.DB), httpapi.Check{Name: "table", Probe: f.Store.CheckTable},
			keyCheck(f.Keys), redisCheck(f.Redis), topicCheck(f.Topics),
		),
	)
}

// Gateway is the realtime connections.
func Gateway(ctx context.Context, cfg config.Gateway, log *slog.Logger) Build {
	return service(ctx, "gateway", cfg.Common, log,
		fx.Supply(cfg.Edge, cfg.Secret, cfg.RedisConfig("gateway"), cfg.Issuer, cfg.Keys, AllowedOrigins(cfg.AllowedOrigins)),
		fx.Supply(shareOf(cfg.RateLimits)),
		fx.Supply(userServiceURL(cfg.UserServiceURL)),
		fx.Provide(redis.NewRevocations, newUserClient),
		bind(newRevocations, as[ports.RevocationReader]()),
		bind(redis.NewGatewayBus, as[ports.GatewayInbox]()),
		presenceRegistry, verifying,
		gatewayService, realtime, fx.Provide(func() (gatewayAddress, error) { return newGatewayAddress(cfg) }), forwarding,
		fx.Provide(newGatewayHandler, func(f *socketio.Forwarder, s *socketio.Server) drain {
			return drainSockets(f, s.Sessions, cfg.DrainPeriod)
		}),
	)
}

type gatewayFront struct {
	fx.In

	Front   front
	Sockets *socketio.Forwarder
	Deliver *gateway.Deliver
	Origins AllowedOrigins
	Keys    *tokens.KeySet
	Redis   *redis.Client
}

func newGatewayHandler(f gatewayFront) (http.Handler, error) {
	return f.Front.handler(f.Origins,
		httpapi.RealtimeRoutes(f.Sockets, realtimePaths...),
		httpapi.HealthRoutes(keyCheck(f.Keys), redisCheck(f.Redis), deliveryCheck(f.Deliver, true)),
	)
}

// FanoutWorker brings events to the gateways of their receivers.
func FanoutWorker(ctx context.Context, cfg config.FanoutWorker, log *slog.Logger) Build {
	return service(ctx, "fanout-worker", cfg.Common, log,
		fx.Supply(config.Edge{}, cfg.Secret, cfg.RedisConfig("fanout-worker"), cfg.KafkaConfig("fanout-worker"), chatServiceURL(cfg.ChatServiceURL)),
		bind(newChatClient, as[ports.MembershipReader]()),
		bind(redis.NewMembershipCache, as[ports.MembershipCache]()),
		bind(redis.NewGatewayBus, as[ports.GatewayPublisher]()),
		fx.Provide(openTopics),
		presenceReader, eventSource, fanoutWorker, fx.Invoke(watchConsumer),
		fx.Provide(newWorkerHandler),
	)
}

type workerFront struct {
	fx.In

	Front  front
	Redis  *redis.Client
	Topics *kafka.Topics
}

func newWorkerHandler(f workerFront) (http.Handler, error) {
	return f.Front.handler(nil, httpapi.HealthRoutes(
		httpapi.Check{Name: "redis", Probe: f.Redis.Check}, httpapi.Check{Name: "topics", Probe: f.Topics.Check},
	))
}
