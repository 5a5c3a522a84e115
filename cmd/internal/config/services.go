package config

import (
	"log/slog"
	"time"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/kafka"
	"chatsystem/adapters/postgres"
	"chatsystem/adapters/redis"
)

// The settings of the five services. Each has what it needs, and only that is required.
type (
	// UserService is accounts, sessions and the directory.
	UserService struct {
		Common
		Edge
		Origins
		Postgres
		Redis
		Issuer
		SignIn
		Secret
		PrivateKeyFile string   `env:"JWT_PRIVATE_KEY_FILE,required"` // PEM, the same for all instances; made if absent
		OtherKeyFiles  []string `env:"JWT_OTHER_KEY_FILES"`           // PEM, published and accepted besides
	}
	// ChatService is conversations, members, invites and the counter of seqs.
	ChatService struct {
		Common
		Edge
		Postgres
		Redis
		Kafka
		Issuer
		Keys
		Secret
		IdempotencyRetention time.Duration `env:"IDEMPOTENCY_RETENTION" envDefault:"720h"` // 0: for ever
	}
	// MessageService is sending and history.
	MessageService struct {
		Common
		Edge
		Postgres
		Redis
		Kafka
		Dynamo
		Issuer
		Keys
		Secret
		ChatServiceURL string `env:"CHAT_SERVICE_URL,required"`
	}
	// Gateway is the realtime connections.
	Gateway struct {
		Common
		Edge
		Origins
		Redis
		Issuer
		Keys
		Secret
		UserServiceURL string `env:"USER_SERVICE_URL,required"`
		InternalURL    string `env:"GATEWAY_INTERNAL_URL"` // where other gateways reach this one; empty: own address, port of HTTPAddr
	}
	// FanoutWorker brings events to the gateways of their receivers.
	FanoutWorker struct {
		Common
		Redis
		Kafka
		Secret
		ChatServiceURL string `env:"CHAT_SERVICE_URL,required"`
	}
	// Migrate is the program that makes the schema.
	Migrate struct{ Postgres }
	// Stores is where everything is kept, for who checks it.
	Stores struct {
		Postgres
		Dynamo
	}
	// Init is the program that makes topics and table.
	Init struct {
		Kafka
		Dynamo
		Replicas int `env:"KAFKA_REPLICAS" envDefault:"1"` // brokers that keep each partition
	}
)

// Parts of settings.
type (
	// Common is what every service has.
	Common struct {
		HTTPAddr     string        `env:"HTTP_ADDR" envDefault:":8080"` // where to listen
		AdminAddr    string        `env:"ADMIN_ADDR"`                   // metrics and profiles; empty: metrics on HTTPAddr
		LogLevel     slog.Level    `env:"LOG_LEVEL" envDefault:"info"`
		DrainPeriod  time.Duration `env:"DRAIN_PERIOD" envDefault:"20s"`
		OTLPEndpoint string        `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`            // where traces go; empty: nowhere
		TraceRatio   float64       `env:"OTEL_TRACES_SAMPLER_ARG" envDefault:"1"` // of the traces that begin here
	}
	// Edge is what a service has that clients reach.
	Edge struct {
		TrustedProxies []string       `env:"TRUSTED_PROXIES"` // networks whose X-Forwarded-For counts
		RateLimits     httpapi.Limits `env:"RATE_LIMITS" envDefault:"on"`
	}
	// Origins are the pages that may call.
	Origins struct {
		AllowedOrigins []string `env:"ALLOWED_ORIGINS" envDefault:"http://localhost:3000"`
	}
	// Postgres is the database.
	Postgres struct {
		PostgresDSN string `env:"POSTGRES_DSN,required"`
	}
	// Redis is presence, pub/sub and caches.
	Redis struct {
		RedisAddr   string `env:"REDIS_ADDR,required"` // host:port or redis[s]://…
		RedisPrefix string `env:"REDIS_PREFIX"`        // before every key and channel, on a server shared with others
	}
	// Kafka is the brokers.
	Kafka struct {
		KafkaBrokers []string `env:"KAFKA_BROKERS,required"`
		KafkaPrefix  string   `env:"KAFKA_PREFIX"` // before topics and group, on brokers shared with others
	}
	// Dynamo is the table of messages.
	Dynamo struct {
		DynamoEndpoint string `env:"DYNAMODB_ENDPOINT"` // empty: AWS
		DynamoTable    string `env:"DYNAMODB_TABLE" envDefault:"messages"`
		AWSRegion      string `env:"AWS_REGION" envDefault:"us-east-1"`
	}
	// Issuer is who issues access tokens, and for whom.
	Issuer struct {
		JWTIssuer   string `env:"JWT_ISSUER" envDefault:"chat"`
		JWTAudience string `env:"JWT_AUDIENCE" envDefault:"chat"`
	}
	// Keys is where the keys are that access tokens are checked with.
	Keys struct {
		JWKSURL string `env:"JWKS_URL,required"`
	}
	// SignIn is how hard a password is to guess, and how long a sign-in lives.
	SignIn struct {
		BcryptCost      int           `env:"BCRYPT_COST" envDefault:"12"`
		AccessTokenTTL  time.Duration `env:"ACCESS_TOKEN_TTL" envDefault:"15m"`
		RefreshTokenTTL time.Duration `env:"REFRESH_TOKEN_TTL" envDefault:"168h"`
	}
	// Secret is what the services share: their credential and the key of session ids derive from it.
	Secret struct {
		ServiceSecret string `env:"SERVICE_SECRET_FILE,required,file"`
		OtherSecret   string `env:"SERVICE_SECRET_OTHER_FILE,file"` // its credential is accepted besides
	}
)

// ListenAddr implements Settings.
func (c Common) ListenAddr() string { return c.HTTPAddr }

// Level implements Settings.
func (c Common) Level() slog.Level { return c.LogLevel }

// PostgresConfig returns the adapter's settings.
func (c Postgres) PostgresConfig() postgres.Config { return postgres.Config{DSN: c.PostgresDSN} }

// RedisConfig returns the adapter's settings; name is what the server lists the program under.
func (c Redis) RedisConfig(name string) redis.Config {
	return redis.Config{Addr: c.RedisAddr, Name: name, Prefix: c.RedisPrefix}
}

// KafkaConfig returns the adapter's settings; name is what the brokers log the program under.
func (c Kafka) KafkaConfig(name string) kafka.Config {
	return kafka.Config{Brokers: c.KafkaBrokers, ClientID: name, Prefix: c.KafkaPrefix}
}

// DynamoConfig returns the adapter's settings.
func (c Dynamo) DynamoConfig() dynamo.Config {
	return dynamo.Config{Endpoint: c.DynamoEndpoint, Region: c.AWSRegion, Table: c.DynamoTable}
}

func (c UserService) validate(f *faults) {
	c.Common.validate(f)
	c.Edge.validate(f)
	f.origins(c.AllowedOrigins)
	c.Postgres.validate(f)
	c.Redis.validate(f)
	f.signIn(c.BcryptCost, c.AccessTokenTTL, c.RefreshTokenTTL)
	c.Secret.validate(f)
}

func (c ChatService) validate(f *faults) {
	c.Common.validate(f)
	c.Edge.validate(f)
	c.Postgres.validate(f)
	c.Redis.validate(f)
	c.Kafka.validate(f)
	f.url("JWKS_URL", c.JWKSURL)
	c.Secret.validate(f)
	f.retention(c.IdempotencyRetention)
}

func (c MessageService) validate(f *faults) {
	c.Common.validate(f)
	c.Edge.validate(f)
	c.Postgres.validate(f)
	c.Redis.validate(f)
	c.Kafka.validate(f)
	c.Dynamo.validate(f)
	f.url("JWKS_URL", c.JWKSURL)
	c.Secret.validate(f)
	f.url("CHAT_SERVICE_URL", c.ChatServiceURL)
}

func (c Gateway) validate(f *faults) {
	c.Common.validate(f)
	c.Edge.validate(f)
	f.origins(c.AllowedOrigins)
	c.Redis.validate(f)
	f.url("JWKS_URL", c.JWKSURL)
	c.Secret.validate(f)
	f.url("USER_SERVICE_URL", c.UserServiceURL)
	if c.InternalURL != "" {
		f.internalURL(c.InternalURL)
	}
}

func (c FanoutWorker) validate(f *faults) {
	c.Common.validate(f)
	c.Redis.validate(f)
	c.Kafka.validate(f)
	c.Secret.validate(f)
	f.url("CHAT_SERVICE_URL", c.ChatServiceURL)
}

func (c Migrate) validate(f *faults) { c.Postgres.validate(f) }

func (c Stores) validate(f *faults) {
	c.Postgres.validate(f)
	c.Dynamo.validate(f)
}

func (c Init) validate(f *faults) {
	c.Kafka.validate(f)
	c.Dynamo.validate(f)
	f.check(c.Replicas >= 1, "KAFKA_REPLICAS", "%d is not positive", c.Replicas)
}

func (c Common) validate(f *faults) {
	f.address("HTTP_ADDR", c.HTTPAddr)
	f.adminAddress(c.AdminAddr)
	f.drainPeriod(c.DrainPeriod)
	if c.OTLPEndpoint != "" {
		f.url("OTEL_EXPORTER_OTLP_ENDPOINT", c.OTLPEndpoint)
	}
	f.check(c.TraceRatio > 0 && c.TraceRatio <= 1, "OTEL_TRACES_SAMPLER_ARG", "%v is not above 0 and at most 1", c.TraceRatio)
}

func (c Edge) validate(f *faults) { f.networks(c.TrustedProxies) }

func (c Postgres) validate(f *faults) { f.adapter("POSTGRES_DSN", c.PostgresConfig()) }

func (c Redis) validate(f *faults) { f.adapter("REDIS_ADDR", c.RedisConfig("check")) }

func (c Kafka) validate(f *faults) { f.adapter("KAFKA_BROKERS", c.KafkaConfig("check")) }

func (c Dynamo) validate(f *faults) { f.adapter("DYNAMODB_ENDPOINT", c.DynamoConfig()) }

// minSecret is a length, in bytes, that nobody guesses.
const minSecret = 32

func (c Secret) validate(f *faults) {
	f.check(len(c.ServiceSecret) >= minSecret, "SERVICE_SECRET_FILE", "the file holds less than %d bytes", minSecret)
	f.check(c.OtherSecret == "" || len(c.OtherSecret) >= minSecret, "SERVICE_SECRET_OTHER_FILE", "the file holds less than %d bytes", minSecret)
}
