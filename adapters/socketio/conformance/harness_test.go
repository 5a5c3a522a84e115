package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"chatsystem/adapters/socketio/internal/siotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// endpoint lets siotest close the servers.
type endpoint struct{ *servers }

func (e endpoint) Close(ctx context.Context) error { return e.close(ctx) }

func newEndpoint(t *testing.T) endpoint {
	t.Helper()
	s, err := newServers(config())
	require.NoError(t, err)
	return endpoint{s}
}

// inBubble runs f against the program's servers at the path, with time standing still unless
// everybody waits; first directly, then with all requests of a session passed on by another gateway.
func inBubble(t *testing.T, path string, f func(t *testing.T, c *siotest.Client)) {
	t.Helper()
	t.Run("directly", func(t *testing.T) { directly(t, path, f) })
	t.Run("passed on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { f(t, hopsInMemory(t).At(path)) })
	})
}

// directly is inBubble for what only the gateway which has the session sees.
func directly(t *testing.T, path string, f func(t *testing.T, c *siotest.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, siotest.InMemory(t, newEndpoint(t)).At(path))
	})
}

func engineIO(t *testing.T, f func(t *testing.T, c *siotest.Client)) {
	t.Helper()
	inBubble(t, "/engine.io/", f)
}

func socketIO(t *testing.T, f func(t *testing.T, c *siotest.Client)) {
	t.Helper()
	inBubble(t, "/socket.io/", f)
}

// messages returns the message packets of a payload.
func messages(payload string) []string {
	return slices.DeleteFunc(strings.Split(payload, "\x1e"), func(p string) bool { return p[0] != '4' })
}
