package wiring_test

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/scenario"
	"chatsystem/cmd/internal/wiring"
	"chatsystem/ports"
	"chatsystem/sdk"
)

// jumpingClock is the machine's clock, set wrong by some time.
type jumpingClock struct{ wrong atomic.Int64 }

func (c *jumpingClock) Now() time.Time       { return time.Now().Add(time.Duration(c.wrong.Load())) }
func (c *jumpingClock) jump(d time.Duration) { c.wrong.Add(int64(d)) }

// TestAClockThatJumps sets the server's clock forward and back under load, by less and by more than tokens live: nothing is
// lost or changes its order, and no message is dated before the one it follows.
func TestAClockThatJumps(t *testing.T) {
	for name, inMemory := range map[string]bool{"durable": false, "memory": true} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cfg := load[config.Chat](t, environment(t, "ADMIN_ADDR", "", "RATE_LIMITS", "off"))
			cfg.Memory = inMemory
			clock := &jumpingClock{}
			url := make(chan string, 1)
			app := fxtest.New(t,
				wiring.Chat(context.WithoutCancel(ctx), cfg, slog.New(slog.DiscardHandler), func(a net.Addr) { url <- "http://" + a.String() }),
				fx.Replace(ports.Clock(clock.Now)),
			)
			app.RequireStart()
			defer app.RequireStop()
			server := <-url
			people, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 2, Listeners: 2, Pause: time.Millisecond}, server)
			require.NoError(t, err)
			defer people.Close()
			ada, err := sdk.New(server)
			require.NoError(t, err)
			_, err = ada.Register(ctx, sdk.Registration{Email: "ada@example.org", Password: "correct horse", Username: "ada"})
			require.NoError(t, err)
			notes, err := ada.CreateGroup(ctx, "Notes")
			require.NoError(t, err)

			for _, jump := range []time.Duration{time.Hour, -2 * time.Hour, 26 * time.Hour, -25 * time.Hour, 10 * time.Second, -10 * time.Second} {
				clock.jump(jump)
				_, err := ada.Send(ctx, notes.ConversationID, "after "+jump.String())
				require.NoError(t, err)
				acknowledged := people.Acknowledged()
				require.Eventually(t, func() bool { return people.Acknowledged() > acknowledged+20 }, 20*time.Second, time.Millisecond, "after %v", jump)
			}
			last := time.Now().Add(50 * time.Minute) // the server's clock was an hour ahead
			for m, err := range ada.History(ctx, notes.ConversationID, sdk.After(0)) {
				require.NoError(t, err)
				assert.False(t, m.CreatedAt.Before(last), "seq %d is dated %v, after %v", m.Seq, m.CreatedAt, last)
				last = m.CreatedAt
			}
			verdict, err := people.Finish(ctx)
			t.Log(verdict)
			require.NoError(t, err)
			require.NoError(t, verdict.Err())
		})
	}
}
