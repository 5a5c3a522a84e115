package wiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/memory"
	"chatsystem/adapters/passwords"
	"chatsystem/adapters/socketio"
	"chatsystem/adapters/sqlite"
	"chatsystem/adapters/tokens"
	"chatsystem/adapters/tracing"
	"chatsystem/application/chats"
	"chatsystem/application/gateway"
	"chatsystem/application/messages"
	"chatsystem/application/users"
	"chatsystem/cmd/internal/config"
	"chatsystem/ports"
	"chatsystem/web"
)

const (
	startTimeout = time.Minute
	stopGrace    = 10 * time.Second // for everything but the draining of sockets
)

// Chat is the whole system in one process: every service's use cases over one set of adapters. listening hears where it
// serves.
func Chat(ctx context.Context, cfg config.Chat, log *slog.Logger, listening func(net.Addr)) Build {
	stores := embeddedStores
	if cfg.Memory {
		stores = memoryStores
	}
	return fx.Options(
		fx.StartTimeout(startTimeout), fx.StopTimeout(cfg.DrainPeriod+stopGrace),
		rootContext(ctx), logging(log), system, fx.Supply(Failures(nil)),
		fx.Supply(tracing.Config{}), telemetry,
		fx.Supply(cfg, AllowedOrigins(cfg.AllowedOrigins), users.Lifetimes{Access: cfg.AccessTokenTTL, Refresh: cfg.RefreshTokenTTL}),
		stores, inProcessDelivery, security,
		notices, userService, chatService, messageService, fanoutWorker, gatewayService, realtime,
		fx.Supply(shareOf(cfg.RateLimits)),
		fx.Provide(newChatHandler, func(s *socketio.Server) drain { return drainSockets(s, s.Sessions, cfg.DrainPeriod) }),
		serving(cfg.HTTPAddr, cfg.AdminAddr, connectionLimits(cfg), listening),
	)
}

// shareOf ends the share of each client with the other limits.
func shareOf(l httpapi.Limits) gateway.Share {
	if len(l) == 0 {
		return 0
	}
	return gateway.DefaultShare
}

// connectionsPerAddress leaves room for many people behind one address.
const connectionsPerAddress = 1024

func connectionLimits(cfg config.Chat) httpapi.ConnectionLimits {
	if len(cfg.RateLimits) == 0 {
		return httpapi.ConnectionLimits{}
	}
	return httpapi.ConnectionLimits{PerAddress: connectionsPerAddress, TrustedProxies: cfg.TrustedProxies}
}

// embeddedStores keep everything in one SQLite file.
var embeddedStores = fx.Options(
	bind(openDatabase,
		as[ports.UserStore](), as[ports.UserDirectory](), as[ports.SessionStore](), as[ports.RevocationReader](),
		as[ports.ConversationStore](), as[ports.InviteStore](), as[ports.ConversationReader](),
		as[ports.ReadMarks](), as[ports.MembershipReader](), as[ports.HeadReader](),
		as[ports.MessageLog](), as[ports.MessageReader](), as[ports.Settler](), as[ports.UnfinishedLeases](), as[pinger](),
	),
	bind(func() messages.NothingPending { return messages.NothingPending{} }, as[messages.Resolver]()),
)

// pinger is a store that can say whether it works.
type pinger interface {
	Ping(ctx context.Context) error
}

const databaseFile = "chat.db"

// IsStorageFault tells whether a program ended because of its database file.
func IsStorageFault(err error) bool {
	return errors.Is(err, sqlite.ErrDamaged) || errors.Is(err, sqlite.ErrCheckpoint)
}

// databaseParams is what the database needs, and whom it tells when it fails.
type databaseParams struct {
	fx.In

	Lifecycle fx.Lifecycle
	Context   context.Context
	Config    config.Chat
	Clock     ports.Clock
	Entropy   ports.Entropy
	Log       *slog.Logger
	Registry  prometheus.Registerer
	Failures  Failures
}

// watchDatabase ends the process when its database can no longer be trusted to this operating system's memory.
func watchDatabase(db *sqlite.DB, p databaseParams, stop <-chan struct{}) {
	select {
	case <-stop:
	case <-db.Failed():
		p.Log.Error("the database failed; the process ends, and the next start recovers everything that was acknowledged", "error", db.Failure())
		select {
		case p.Failures <- db.Failure():
		default: // something else failed before
		}
	}
}

// openDatabase opens the file under a lock on its folder, from before it is migrated until it is closed.
func openDatabase(p databaseParams) (*sqlite.DB, error) {
	lc, cfg := p.Lifecycle, p.Config
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("DATA_DIR: %w", err)
	}
	lock, err := sqlite.LockDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(cfg.DataDir, databaseFile)
	db, err := sqlite.Open(p.Context, sqlite.Config{Path: path, Reserve: sqlite.LogReserve}, p.Clock, p.Entropy)
	if errors.Is(err, sqlite.ErrDamaged) {
		err = fmt.Errorf("%s was left as it is; restore a backup: %w", path, err)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	failed := func() int64 {
		if db.Failure() != nil {
			return 1
		}
		return 0
	}
	if err := register(p.Registry, gauge("chat_database_failed", "1 once the database file could not be written safely; the process ends.", failed)); err != nil {
		return nil, errors.Join(err, db.Close(), lock.Unlock())
	}
	stop := make(chan struct{})
	go watchDatabase(db, p, stop)
	lc.Append(fx.StopHook(func() { close(stop) }))
	lc.Append(fx.StopHook(lock.Unlock))
	lc.Append(fx.StopHook(db.Close)) // hooks run backwards: closed before it is unlocked
	return db, nil
}

// memoryStores keep nothing: the log stands on an allocator and a store in memory.
var memoryStores = fx.Options(
	bind(memory.NewStore,
		as[ports.UserStore](), as[ports.UserDirectory](), as[ports.SessionStore](), as[ports.RevocationReader](),
		as[ports.ConversationStore](), as[ports.InviteStore](), as[ports.ConversationReader](),
		as[ports.ReadMarks](), as[ports.MembershipReader](), as[ports.HeadReader](),
		as[ports.SequenceAllocator](), as[ports.Settler](), as[ports.UnfinishedLeases](), as[ports.Allocations](), as[pinger](),
	),
	bind(memory.NewMessageStore, as[ports.MessageStore](), as[ports.MessageReader]()),
	bind(messages.NewSequencedLog, as[ports.MessageLog](), as[messages.Resolver]()),
	fx.Provide(func(cfg config.Chat) chats.Retention { return chats.Retention(cfg.IdempotencyRetention) }, chats.NewPurgeAllocations),
	background(chats.PurgeAllocations.Run),
)

// inProcessDelivery is the way of events when every service is in this process.
var inProcessDelivery = fx.Options(
	bind(memory.NewEventBus, as[ports.EventPublisher](), as[ports.EventSource]()),
	bind(memory.NewPresence, as[ports.PresenceRegistry](), as[ports.PresenceReader]()),
	bind(memory.NewGatewayBus, as[ports.GatewayPublisher](), as[ports.GatewayInbox](), as[ports.RevocationAnnouncer]()),
	bind(memory.NewMembershipCache, as[ports.MembershipCache]()),
)

// security is tokens and passwords.
var security = fx.Options(
	bind(newAuthority, as[ports.TokenIssuer](), as[ports.TokenVerifier](), fx.As(fx.Self())),
	bind(tokens.NewRefreshTokens, as[ports.RefreshTokens]()),
	bind(func(cfg config.Chat) (*passwords.Hasher, error) {
		return passwords.New(passwords.Config{Cost: cfg.BcryptCost})
	}, as[ports.PasswordHasher]()),
)

const keyFile = "jwt-ed25519.pem"

// newAuthority signs with the key in the data folder, made at the first start; without a folder, with one of this run.
func newAuthority(cfg config.Chat, clock ports.Clock) (*tokens.Authority, error) {
	path := filepath.Join(cfg.DataDir, keyFile)
	if cfg.Memory {
		path = ""
	}
	return tokens.NewAuthority(tokens.Config{KeyFile: path, Issuer: "chat", Audience: "chat"}, clock)
}

// surface is what the one HTTP server serves.
type surface struct {
	fx.In

	Config    config.Chat
	Log       *slog.Logger
	Registry  prometheus.Registerer
	Gatherer  prometheus.Gatherer
	Tracer    *tracing.Tracer
	Verifier  ports.TokenVerifier
	Authority *tokens.Authority
	Users     httpapi.UserUseCases
	Chats     httpapi.ChatUseCases
	Messages  httpapi.MessageUseCases
	Sockets   *socketio.Server
	Deliver   *gateway.Deliver
	Store     pinger
	Ending    *ending
}

func newChatHandler(s surface) (http.Handler, error) {
	routes := []httpapi.Routes{
		httpapi.UserRoutes(s.Users), httpapi.ChatRoutes(s.Chats), httpapi.MessageRoutes(s.Messages),
		httpapi.RealtimeRoutes(s.Sockets, realtimePaths...),
		httpapi.DocumentRoutes(), httpapi.KeyRoutes(s.Authority.JWKS),
		httpapi.HealthRoutes(
			httpapi.Check{Name: "store", Probe: s.Store.Ping},
			httpapi.Check{Name: "delivery", Probe: s.receiving},
		),
		httpapi.WebAppRoutes(web.Dist()),
	}
	if s.Config.AdminAddr == "" {
		routes = append(routes, httpapi.MetricRoutes(s.Gatherer))
	}
	cfg := httpapi.Config{
		AllowedOrigins: s.Config.AllowedOrigins, CORS: true, TrustedProxies: s.Config.TrustedProxies,
		Tracer: s.Tracer, Draining: s.Ending.Load, Limits: s.Config.RateLimits, DeviceKey: s.Authority.DeriveKey(deviceCookies),
	}
	return httpapi.NewHandler(cfg, s.Log, s.Registry, s.Verifier, routes...)
}

// receiving tells whether events reach the sockets.
func (s surface) receiving(context.Context) error {
	if !s.Deliver.Ready() {
		return errors.New("the gateway is not subscribed yet")
	}
	return nil
}
