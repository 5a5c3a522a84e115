package wiring_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"
	"go.uber.org/goleak"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/wiring"
)

// environment is the settings of all programs, with changes in pairs. None of the servers is there.
func environment(t *testing.T, changes ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte(strings.Repeat("s", 32)), 0o600))
	env := map[string]string{
		"HTTP_ADDR": "127.0.0.1:0", "ADMIN_ADDR": "127.0.0.1:0", "DATA_DIR": filepath.Join(dir, "data"), "BCRYPT_COST": "4", "DRAIN_PERIOD": "0s",
		"POSTGRES_DSN": "postgres://127.0.0.1:1/none", "REDIS_ADDR": "127.0.0.1:1", "KAFKA_BROKERS": "127.0.0.1:1", "DYNAMODB_ENDPOINT": "http://127.0.0.1:1",
		"JWKS_URL": "http://127.0.0.1:1", "CHAT_SERVICE_URL": "http://127.0.0.1:1", "USER_SERVICE_URL": "http://127.0.0.1:1",
		"SERVICE_SECRET_FILE": secret, "JWT_PRIVATE_KEY_FILE": filepath.Join(dir, "key.pem"), "GATEWAY_INTERNAL_URL": "http://127.0.0.1:1",
	}
	for i := 0; i < len(changes); i += 2 {
		env[changes[i]] = changes[i+1]
	}
	return env
}

// builds returns every program as it is wired. None of them needs a server to start.
func builds(t *testing.T) map[string]fx.Option {
	t.Helper()
	env := environment(t)
	ctx, log := context.Background(), slog.New(slog.DiscardHandler)
	durable := load[config.Chat](t, env)
	memory := durable
	memory.Memory, memory.AdminAddr = true, ""
	return map[string]fx.Option{
		"chat serve":          wiring.Chat(ctx, durable, log, func(net.Addr) {}),
		"chat serve --memory": wiring.Chat(ctx, memory, log, func(net.Addr) {}),
		"user-service":        wiring.UserService(ctx, load[config.UserService](t, env), log),
		"chat-service":        wiring.ChatService(ctx, load[config.ChatService](t, env), log),
		"message-service":     wiring.MessageService(ctx, load[config.MessageService](t, env), log),
		"gateway":             wiring.Gateway(ctx, load[config.Gateway](t, env), log),
		"fanout-worker":       wiring.FanoutWorker(ctx, load[config.FanoutWorker](t, env), log),
	}
}

func load[S config.Settings](t *testing.T, env map[string]string) S {
	t.Helper()
	s, err := config.Load[S](env)
	require.NoError(t, err)
	return s
}

func TestEveryBuildResolves(t *testing.T) {
	for name, build := range builds(t) {
		t.Run(name, func(t *testing.T) { require.NoError(t, fx.ValidateApp(build)) })
	}
}

func TestEveryBuildStartsAndStops(t *testing.T) {
	for name, build := range builds(t) {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			app := fxtest.New(t, build)
			app.RequireStart().RequireStop()
		})
	}
}

func TestBeingToldToStopWhileStartingIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	build := fx.Options(fx.NopLogger, fx.Supply(wiring.Failures(nil)), fx.Invoke(func(lc fx.Lifecycle, _ wiring.Failures) {
		lc.Append(fx.StartHook(func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}))
	}))
	require.NoError(t, wiring.Run(ctx, build))
}
