package config

import (
	"log/slog"
	"time"

	"chatsystem/adapters/httpapi"
)

// Chat is the settings of `chat serve`.
type Chat struct {
	HTTPAddr        string         `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"` // where to listen
	AdminAddr       string         `env:"ADMIN_ADDR"`                            // metrics and profiles; empty: metrics on HTTPAddr
	DataDir         string         `env:"DATA_DIR" envDefault:"./data"`          // database and signing key
	AllowedOrigins  []string       `env:"ALLOWED_ORIGINS"`                       // pages elsewhere that may call
	TrustedProxies  []string       `env:"TRUSTED_PROXIES"`                       // networks whose X-Forwarded-For counts
	LogLevel        slog.Level     `env:"LOG_LEVEL" envDefault:"info"`
	DrainPeriod     time.Duration  `env:"DRAIN_PERIOD" envDefault:"5s"`
	RateLimits      httpapi.Limits `env:"RATE_LIMITS" envDefault:"on"`
	BcryptCost      int            `env:"BCRYPT_COST" envDefault:"12"`
	AccessTokenTTL  time.Duration  `env:"ACCESS_TOKEN_TTL" envDefault:"15m"`
	RefreshTokenTTL time.Duration  `env:"REFRESH_TOKEN_TTL" envDefault:"168h"`
	// IdempotencyRetention is how long a client_msg_id is remembered with --memory, 0 for ever; the durable store always
	// remembers for ever.
	IdempotencyRetention time.Duration `env:"IDEMPOTENCY_RETENTION" envDefault:"720h"`
	// Memory keeps nothing; it is a flag, not a variable.
	Memory bool `env:"-"`
}

// ListenAddr implements Settings.
func (c Chat) ListenAddr() string { return c.HTTPAddr }

// Level implements Settings.
func (c Chat) Level() slog.Level { return c.LogLevel }

func (c Chat) validate(f *faults) {
	f.address("HTTP_ADDR", c.HTTPAddr)
	f.adminAddress(c.AdminAddr)
	f.origins(c.AllowedOrigins)
	f.networks(c.TrustedProxies)
	f.drainPeriod(c.DrainPeriod)
	f.signIn(c.BcryptCost, c.AccessTokenTTL, c.RefreshTokenTTL)
	f.retention(c.IdempotencyRetention)
}
