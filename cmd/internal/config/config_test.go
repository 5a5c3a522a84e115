package config_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/config"
)

func TestDefaultsNeedNoVariable(t *testing.T) {
	c, err := config.LoadChat(map[string]string{"HTTP_ADDR": ""})
	require.NoError(t, err)
	assert.Equal(t, config.Chat{
		HTTPAddr: "127.0.0.1:8080", DataDir: "./data", LogLevel: slog.LevelInfo, DrainPeriod: 5 * time.Second,
		RateLimits: true, BcryptCost: 12, AccessTokenTTL: 15 * time.Minute, RefreshTokenTTL: 7 * 24 * time.Hour,
		IdempotencyRetention: 30 * 24 * time.Hour,
	}, c)
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	_, err := config.LoadChat(map[string]string{
		"HTTP_ADDR": "nowhere", "ADMIN_ADDR": "8081", "ALLOWED_ORIGINS": "http://ok,https://bad/path", "TRUSTED_PROXIES": "10.0.0.1",
		"LOG_LEVEL": "loud", "DRAIN_PERIOD": "2h", "RATE_LIMITS": "maybe", "BCRYPT_COST": "99", "ACCESS_TOKEN_TTL": "x", "REFRESH_TOKEN_TTL": "-1s",
		"IDEMPOTENCY_RETENTION": "-1h",
	})
	require.Error(t, err)
	for _, name := range []string{
		"HTTP_ADDR", "ADMIN_ADDR", "ALLOWED_ORIGINS", "TRUSTED_PROXIES", "LOG_LEVEL", "DRAIN_PERIOD", "RATE_LIMITS", "BCRYPT_COST",
		"ACCESS_TOKEN_TTL", "REFRESH_TOKEN_TTL", "IDEMPOTENCY_RETENTION",
	} {
		assert.ErrorContains(t, err, name)
	}
}

// The documented settings are the real ones: every variable of the code is in .env.example with its default.
func TestEnvExampleIsCurrent(t *testing.T) {
	file, err := os.ReadFile("../../../.env.example")
	require.NoError(t, err)
	documented := map[string]string{}
	for line := range strings.Lines(string(file)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			documented[name] = value
		}
	}
	params, err := env.GetFieldParams(&config.Chat{})
	require.NoError(t, err)
	defaults := map[string]string{}
	for _, p := range params {
		if p.Key != "" {
			defaults[p.Key] = p.DefaultValue
		}
	}
	assert.Equal(t, defaults, documented)
}
