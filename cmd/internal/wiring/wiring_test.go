package wiring_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"
	"go.uber.org/goleak"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/wiring"
)

// builds returns every program as it is wired, with settings that need nothing.
func builds(t *testing.T) map[string]fx.Option {
	t.Helper()
	durable, err := config.LoadChat(map[string]string{"HTTP_ADDR": "127.0.0.1:0", "ADMIN_ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(), "BCRYPT_COST": "4"})
	require.NoError(t, err)
	memory := durable
	memory.Memory, memory.AdminAddr = true, ""
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	chat := func(cfg config.Chat) fx.Option { return wiring.Chat(context.Background(), cfg, log, func(net.Addr) {}) }
	return map[string]fx.Option{"chat serve": chat(durable), "chat serve --memory": chat(memory)}
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
