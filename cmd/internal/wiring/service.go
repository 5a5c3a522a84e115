package wiring

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"chatsystem/adapters/chatclient"
	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/kafka"
	"chatsystem/adapters/passwords"
	"chatsystem/adapters/postgres"
	"chatsystem/adapters/redis"
	"chatsystem/adapters/tokens"
	"chatsystem/adapters/tracing"
	"chatsystem/adapters/userclient"
	"chatsystem/application/gateway"
	"chatsystem/application/users"
	"chatsystem/cmd/internal/config"
	"chatsystem/ports"
)

// service is what the five services have in common around their own parts.
func service(ctx context.Context, name string, cfg config.Common, log *slog.Logger, parts ...fx.Option) Build {
	listening := func(addr net.Addr) { log.Info("listening", "addr", addr.String()) }
	return fx.Options(
		fx.StartTimeout(startTimeout), fx.StopTimeout(cfg.DrainPeriod+stopGrace),
		rootContext(ctx), logging(log), system, fx.Supply(Failures(nil), cfg),
		fx.Supply(tracing.Config{Endpoint: cfg.OTLPEndpoint, Service: name, Ratio: cfg.TraceRatio}), telemetry,
		fx.Provide(newCredential, newAcceptedCredentials, openRedis, redis.NewRateCounters),
		fx.Options(parts...),
		serving(cfg.HTTPAddr, cfg.AdminAddr, httpapi.ConnectionLimits{}, listening), // how many of an address, the edge knows
	)
}

// deviceCookies is what their key is derived for.
const deviceCookies = "device cookies"

// front is what the HTTP server of a service needs.
type front struct {
	fx.In

	Common    config.Common
	Edge      config.Edge
	Accepted  acceptedCredentials
	Log       *slog.Logger
	Registry  prometheus.Registerer
	Gatherer  prometheus.Gatherer
	Tracer    *tracing.Tracer
	Counters  *redis.RateCounters
	Ending    *ending
	Authority *tokens.Authority   `optional:"true"` // of the service that signs people in
	Verifier  ports.TokenVerifier `optional:"true"` // none: nothing is served to users
}

// handler serves the routes. Cross-origin requests are answered by the proxy in front, nowhere else.
func (f front) handler(origins []string, routes ...httpapi.Routes) (http.Handler, error) {
	if f.Common.AdminAddr == "" {
		routes = append(routes, httpapi.MetricRoutes(f.Gatherer))
	}
	cfg := httpapi.Config{
		AllowedOrigins: origins, TrustedProxies: f.Edge.TrustedProxies, Tracer: f.Tracer, Draining: f.Ending.Load, Limits: f.Edge.RateLimits,
	}
	if f.Authority != nil {
		cfg.DeviceKey = f.Authority.DeriveKey(deviceCookies)
	}
	if len(cfg.Limits) > 0 {
		cfg.Counters = func(limiter string) httpapi.RateCounter { return f.Counters.Limiter(limiter) }
	}
	return httpapi.NewHandler(cfg, f.Log, f.Registry, f.Verifier, routes...)
}

// credential is what services show one another.
type credential string

func newCredential(s config.Secret) (credential, error) {
	c, err := httpapi.ServiceCredential([]byte(s.ServiceSecret))
	return credential(c), err
}

// acceptedCredentials are its own, and while the secret is being changed the other one's.
type acceptedCredentials []string

func newAcceptedCredentials(own credential, s config.Secret) (acceptedCredentials, error) {
	if s.OtherSecret == "" {
		return acceptedCredentials{string(own)}, nil
	}
	other, err := httpapi.ServiceCredential([]byte(s.OtherSecret))
	return acceptedCredentials{string(own), other}, err
}

// derive makes a key for one purpose out of the secret that the services share.
func derive(s config.Secret, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(s.ServiceSecret), nil, purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive %s: %w", purpose, err)
	}
	return key, nil
}

type (
	chatServiceURL string
	userServiceURL string
)

func newChatClient(url chatServiceURL, c credential, t *tracing.Tracer) (*chatclient.Client, error) {
	return chatclient.New(chatclient.Config{URL: string(url), Credential: string(c), Transport: t.Transport(chatclient.NewTransport())})
}

func newUserClient(url userServiceURL, c credential, t *tracing.Tracer) (*userclient.Client, error) {
	return userclient.New(userclient.Config{URL: string(url), Credential: string(c), Transport: t.Transport(userclient.NewTransport())})
}

// newAnnouncements writes to Redis, later if it does not answer.
func newAnnouncements(c *redis.Client, clock ports.Clock, log *slog.Logger) *users.Announcements {
	return users.NewAnnouncements(redis.NewRevocations(c), clock, log)
}

// newRevocations asks Redis, and the user service while Redis does not answer.
func newRevocations(record *redis.Revocations, owner *userclient.Client, log *slog.Logger) *gateway.Revocations {
	return gateway.NewRevocations(record, owner, log)
}

// signing is tokens and passwords where accounts are kept.
var signing = fx.Options(
	bind(tokens.NewAuthority, as[ports.TokenIssuer](), as[ports.TokenVerifier](), fx.As(fx.Self())),
	bind(tokens.NewRefreshTokens, as[ports.RefreshTokens]()),
	bind(newHasher, as[ports.PasswordHasher]()),
)

type passwordCost int

func newHasher(cost passwordCost) (*passwords.Hasher, error) {
	return passwords.New(passwords.Config{Cost: int(cost)})
}

// verifying is tokens where they are only checked.
var verifying = fx.Options(
	bind(func(keys config.Keys, issuer config.Issuer, clock ports.Clock, log *slog.Logger) (*tokens.KeySet, error) {
		return tokens.NewKeySet(tokens.KeySetConfig{URL: keys.JWKSURL, Issuer: issuer.JWTIssuer, Audience: issuer.JWTAudience}, clock, log)
	}, as[ports.TokenVerifier](), fx.As(fx.Self())),
	background((*tokens.KeySet).Run),
)

// What readiness asks. Optional is what a service does its work without, if with less.

func postgresCheck(db *postgres.DB) httpapi.Check {
	return httpapi.Check{Name: "postgres", Probe: db.Ping}
}

func schemaCheck(db *postgres.DB) httpapi.Check {
	return httpapi.Check{Name: "schema", Probe: db.CheckSchema}
}

func keyCheck(k *tokens.KeySet) httpapi.Check { return httpapi.Check{Name: "keys", Probe: k.Ready} }

func redisCheck(c *redis.Client) httpapi.Check {
	return httpapi.Check{Name: "redis", Probe: c.Check, Optional: true}
}

func topicCheck(t *kafka.Topics) httpapi.Check {
	return httpapi.Check{Name: "topics", Probe: t.Check, Optional: true}
}

// deliveryCheck tells whether events reach the sockets.
func deliveryCheck(d *gateway.Deliver, optional bool) httpapi.Check {
	return httpapi.Check{Name: "delivery", Optional: optional, Probe: func(context.Context) error {
		if !d.Ready() {
			return errors.New("the gateway is not subscribed yet")
		}
		return nil
	}}
}
