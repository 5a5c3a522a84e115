//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
)

// TestEveryProcessIsReplacedUnderLoad restarts every instance of every service in turn, first in good order as a new release
// does, then by killing it, while people send and listen.
func TestEveryProcessIsReplacedUnderLoad(t *testing.T) {
	for name, end := range map[string]func(*instance){"rolling restart": (*instance).stop, "killed": (*instance).kill} {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, 5*time.Minute)
			s := newStack(t)
			load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 3, Listeners: 3}, s.url)
			require.NoError(t, err)
			defer load.Close()
			for _, i := range s.all() {
				awaitSent(t, load, 30)
				end(i)
				awaitSent(t, load, 30) // by the other instance
				i.start()
				i.awaitReady()
			}
			awaitSent(t, load, 30)
			verdict, err := load.Finish(ctx)
			t.Log(verdict)
			require.NoError(t, err)
			require.NoError(t, verdict.Err())
		})
	}
}

// awaitSent returns when n more messages were acknowledged.
func awaitSent(t *testing.T, load *scenario.Load, n int64) {
	t.Helper()
	target := load.Acknowledged() + n
	require.Eventually(t, func() bool { return load.Acknowledged() >= target }, 60*time.Second, 10*time.Millisecond, "messages are acknowledged")
}
