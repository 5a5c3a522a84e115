//go:build integration

package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/scenario"
)

const kills = 8

// TestNothingIsLostWhenTheProcessIsKilled kills the server again and again while people send and listen.
func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	p := newProcess(t)
	p.start()
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 4, Listeners: 2}, p.url())
	require.NoError(t, err)
	for range kills {
		target := load.Acknowledged() + int64(20+rand.IntN(60))
		require.Eventually(t, func() bool { return load.Acknowledged() >= target }, 30*time.Second, time.Millisecond)
		p.kill()
		p.start()
	}
	verdict, err := load.Finish(ctx)
	require.NoError(t, err)
	t.Log(verdict)
	require.NoError(t, verdict.Err())
	require.Zero(t, verdict.Voids, "where a message and its seq are stored in one transaction there are none")
}
