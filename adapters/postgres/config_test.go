package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
)

func TestSettingsAreCheckedBeforeUse(t *testing.T) {
	for name, cfg := range map[string]postgres.Config{
		"no address":           {},
		"no connection string": {DSN: "postgres://chat:secret@:port/chat"},
		"fewer than none":      {DSN: "postgres://chat@localhost/chat", MaxConns: -1},
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, cfg.Validate())
			require.NotContains(t, cfg.Validate().Error(), "secret")
			_, err := postgres.Open(cfg, time.Now)
			require.Error(t, err)
		})
	}
}

// A service starts while the database is away: opening connects to nothing.
func TestOpeningConnectsToNothing(t *testing.T) {
	db, err := postgres.Open(postgres.Config{DSN: "postgres://chat@127.0.0.1:1/chat"}, time.Now)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
