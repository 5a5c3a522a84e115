package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
	"chatsystem/cmd/internal/config"
)

func TestDefaultsNeedNoVariable(t *testing.T) {
	c, err := config.Load[config.Chat](map[string]string{"HTTP_ADDR": ""})
	require.NoError(t, err)
	assert.Equal(t, config.Chat{
		HTTPAddr: "127.0.0.1:8080", DataDir: "./data", LogLevel: slog.LevelInfo, DrainPeriod: 5 * time.Second,
		RateLimits: httpapi.DefaultLimits(), BcryptCost: 12, AccessTokenTTL: 15 * time.Minute, RefreshTokenTTL: 7 * 24 * time.Hour,
		IdempotencyRetention: 30 * 24 * time.Hour,
	}, c)
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	bad := map[string]string{
		"HTTP_ADDR": "nowhere", "ADMIN_ADDR": "8081", "ALLOWED_ORIGINS": "http://ok,https://bad/path", "TRUSTED_PROXIES": "10.0.0.1,10.0.0",
		"LOG_LEVEL": "loud", "DRAIN_PERIOD": "2h", "RATE_LIMITS": "maybe", "BCRYPT_COST": "99", "ACCESS_TOKEN_TTL": "x", "REFRESH_TOKEN_TTL": "-1s",
		"IDEMPOTENCY_RETENTION": "-1h", "POSTGRES_DSN": "postgres://%zz", "REDIS_ADDR": "6379", "KAFKA_BROKERS": ",", "KAFKA_REPLICAS": "0",
		"DYNAMODB_ENDPOINT": "localhost", "JWKS_URL": "keys", "CHAT_SERVICE_URL": "chat", "USER_SERVICE_URL": "user:8080", "GATEWAY_INTERNAL_URL": "me",
		"SERVICE_SECRET_FILE": "/nowhere/at/all", "OTEL_EXPORTER_OTLP_ENDPOINT": "collector",
	}
	for name, program := range programs() {
		t.Run(name, func(t *testing.T) {
			err := program.load(bad)
			require.Error(t, err)
			for _, p := range program.params {
				if _, wrong := bad[p.Key]; wrong {
					assert.Equal(t, 1, strings.Count("\n"+err.Error(), "\n"+p.Key+":"), "%s is named once in:\n%v", p.Key, err)
				}
			}
		})
	}
}

func TestEveryMissingVariableIsNamedOnce(t *testing.T) {
	for name, program := range programs() {
		t.Run(name, func(t *testing.T) {
			err := program.load(nil)
			for _, p := range program.params {
				if p.Required {
					assert.Equal(t, 1, strings.Count("\n"+err.Error(), "\n"+p.Key+":"), "%s is named once in:\n%v", p.Key, err)
				}
			}
		})
	}
}

func TestAShortSecretIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("too short"), 0o600))
	_, err := config.Load[config.FanoutWorker](map[string]string{"SERVICE_SECRET_FILE": file})
	require.ErrorContains(t, err, "SERVICE_SECRET_FILE: the file holds less than 32 bytes")
	require.NotContains(t, err.Error(), "too short")
}

func TestGatewaysReachEachOtherByPlainHTTPWithoutAPath(t *testing.T) {
	for url, ok := range map[string]bool{
		"http://10.0.0.7:8080": true, "http://gateway-1": true, "http://gateway-1:8080/": true, "http://[fd00::7]:8080": true,
		"https://gateway-1:8080": false, "http://gateway-1:8080/hop": false, "http://user@gateway-1:8080": false, "http://:8080": false,
	} {
		_, err := config.Load[config.Gateway](map[string]string{"GATEWAY_INTERNAL_URL": url})
		assert.Equal(t, ok, !strings.Contains(err.Error(), "GATEWAY_INTERNAL_URL"), url)
	}
}

// program is what the code says of a program's variables.
type program struct {
	load   func(map[string]string) error
	params []env.FieldParams
}

func programs() map[string]program {
	return map[string]program{
		"chat serve": of[config.Chat](), "user-service": of[config.UserService](), "chat-service": of[config.ChatService](),
		"message-service": of[config.MessageService](), "gateway": of[config.Gateway](), "fanout-worker": of[config.FanoutWorker](),
		"migrate": of[config.Migrate](), "init": of[config.Init](),
	}
}

func of[S config.Settings]() program {
	var s S
	params, err := env.GetFieldParams(&s)
	if err != nil {
		panic(err)
	}
	return program{
		load:   func(e map[string]string) error { _, err := config.Load[S](e); return err },
		params: slices.DeleteFunc(params, func(p env.FieldParams) bool { return p.Key == "" }),
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
	defaults := map[string]string{}
	for _, p := range programs()["chat serve"].params {
		defaults[p.Key] = p.DefaultValue
	}
	assert.Equal(t, defaults, documented)
}

// The table of docs/settings.md says of every variable what the code does: its default, and who reads it.
func TestSettingsDocumentIsCurrent(t *testing.T) {
	type row struct{ value, readBy string }
	coded := map[string]row{}
	services := []string{"user-service", "chat-service", "message-service", "gateway", "fanout-worker"}
	for _, name := range append(services, "migrate", "init") {
		for _, p := range programs()[name].params {
			r := coded[p.Key]
			r.value = p.DefaultValue
			if p.Required {
				r.value = "required"
			}
			r.readBy = strings.TrimPrefix(r.readBy+", "+name, ", ")
			coded[p.Key] = r
		}
	}
	for key, r := range coded {
		r.readBy = strings.Replace(r.readBy, strings.Join(services, ", "), "all", 1)
		coded[key] = r
	}

	file, err := os.ReadFile("../../../docs/settings.md")
	require.NoError(t, err)
	documented := map[string]row{}
	for line := range strings.Lines(string(file)) {
		if cells := strings.Split(line, "|"); len(cells) > 4 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			cell := func(i int) string { return strings.Trim(strings.TrimSpace(cells[i]), "`") }
			documented[cell(1)] = row{cell(2), cell(3)}
		}
	}
	assert.Equal(t, coded, documented)
}
