// Package config reads the settings of the programs from environment variables: in one place, all faults at once.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Chat is the settings of `chat serve`.
type Chat struct {
	HTTPAddr        string        `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"` // where to listen
	AdminAddr       string        `env:"ADMIN_ADDR"`                            // metrics and profiles; empty: metrics on HTTPAddr
	DataDir         string        `env:"DATA_DIR" envDefault:"./data"`          // database and signing key
	AllowedOrigins  []string      `env:"ALLOWED_ORIGINS"`                       // pages elsewhere that may call
	TrustedProxies  []string      `env:"TRUSTED_PROXIES"`                       // networks whose X-Forwarded-For counts
	LogLevel        slog.Level    `env:"LOG_LEVEL" envDefault:"info"`
	DrainPeriod     time.Duration `env:"DRAIN_PERIOD" envDefault:"5s"`
	RateLimits      Switch        `env:"RATE_LIMITS" envDefault:"on"`
	BcryptCost      int           `env:"BCRYPT_COST" envDefault:"12"`
	AccessTokenTTL  time.Duration `env:"ACCESS_TOKEN_TTL" envDefault:"15m"`
	RefreshTokenTTL time.Duration `env:"REFRESH_TOKEN_TTL" envDefault:"168h"`
	// IdempotencyRetention is how long a client_msg_id is remembered with --memory, 0 for ever; the durable store always
	// remembers for ever.
	IdempotencyRetention time.Duration `env:"IDEMPOTENCY_RETENTION" envDefault:"720h"`
	// Memory keeps nothing; it is a flag, not a variable.
	Memory bool `env:"-"`
}

// Switch is a setting that is on or off.
type Switch bool

// UnmarshalText reads "on" or "off".
func (s *Switch) UnmarshalText(text []byte) error {
	switch string(text) {
	case "on":
		*s = true
	case "off":
		*s = false
	default:
		return fmt.Errorf("%q is neither on nor off", text)
	}
	return nil
}

// Environment returns the process's environment as LoadChat takes it.
func Environment() map[string]string { return env.ToMap(os.Environ()) }

// LoadChat reads the settings of `chat serve`. The error names every variable that is wrong.
func LoadChat(environment map[string]string) (Chat, error) {
	c, err := env.ParseAsWithOptions[Chat](env.Options{Environment: withoutEmpty(environment)})
	return c, errors.Join(parseFaults(err), c.validate())
}

func (c Chat) validate() error {
	var faults []error
	check := func(ok bool, name, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("%s: "+format, append([]any{name}, args...)...))
		}
	}
	check(isAddress(c.HTTPAddr), "HTTP_ADDR", "%q is not host:port", c.HTTPAddr)
	check(c.AdminAddr == "" || isAddress(c.AdminAddr), "ADMIN_ADDR", "%q is not host:port", c.AdminAddr)
	for _, origin := range c.AllowedOrigins {
		check(isOrigin(origin), "ALLOWED_ORIGINS", "%q is not scheme://host[:port]", origin)
	}
	for _, network := range c.TrustedProxies {
		_, err := netip.ParsePrefix(network)
		check(err == nil, "TRUSTED_PROXIES", "%q is not a network such as 10.0.0.0/8", network)
	}
	check(c.DrainPeriod >= 0 && c.DrainPeriod <= time.Minute, "DRAIN_PERIOD", "%v is not within 0s and 1m", c.DrainPeriod)
	check(c.BcryptCost >= 4 && c.BcryptCost <= 20, "BCRYPT_COST", "%d is not within 4 and 20", c.BcryptCost)
	check(c.AccessTokenTTL >= time.Second && c.AccessTokenTTL <= time.Hour, "ACCESS_TOKEN_TTL", "%v is not within 1s and 1h", c.AccessTokenTTL)
	check(c.IdempotencyRetention >= 0, "IDEMPOTENCY_RETENTION", "%v is negative", c.IdempotencyRetention)
	check(c.RefreshTokenTTL >= c.AccessTokenTTL, "REFRESH_TOKEN_TTL", "%v is shorter than ACCESS_TOKEN_TTL", c.RefreshTokenTTL)
	return errors.Join(faults...)
}

// withoutEmpty leaves out variables that are set to nothing: they count as not set.
func withoutEmpty(environment map[string]string) map[string]string {
	set := make(map[string]string, len(environment))
	for k, v := range environment {
		if v != "" {
			set[k] = v
		}
	}
	return set
}

// parseFaults rewrites the library's faults, which name Go fields, so that they name variables.
func parseFaults(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	var faults []error
	for _, e := range all.Errors {
		var parse env.ParseError
		if errors.As(e, &parse) {
			e = fmt.Errorf("%s: %w", variableOf(parse.Name), parse.Err)
		}
		faults = append(faults, e)
	}
	return errors.Join(faults...)
}

// variableOf returns the variable of a Go field name: HTTPAddr is HTTP_ADDR.
func variableOf(field string) string {
	params, err := env.GetFieldParams(&Chat{})
	if err == nil {
		for _, p := range params {
			if strings.EqualFold(strings.ReplaceAll(p.OwnKey, "_", ""), field) {
				return p.Key
			}
		}
	}
	return field
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	return err == nil && port != ""
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && s == u.Scheme+"://"+u.Host
}

// ChatHelp lists the variables of `chat serve` with their defaults, a line each.
func ChatHelp() string {
	params, err := env.GetFieldParams(&Chat{})
	if err != nil {
		return err.Error() // a fault of the struct's tags, which the tests would show
	}
	var lines strings.Builder
	for _, p := range params {
		if p.Key != "" {
			fmt.Fprintf(&lines, "  %-18s %s\n", p.Key, p.DefaultValue)
		}
	}
	return lines.String()
}
