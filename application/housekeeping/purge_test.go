package housekeeping_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/application/housekeeping"
)

func TestPurge(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	t.Run("it goes on in bounded steps until nothing is due", func(t *testing.T) {
		due, steps := 2500, 0
		p := housekeeping.NewPurge("things", func(ctx context.Context, limit int) (int, error) {
			_, bounded := ctx.Deadline()
			assert.True(t, bounded)
			n := min(due, limit)
			due -= n
			steps++
			return n, nil
		}, quiet)
		require.NoError(t, p.Execute(t.Context()))
		assert.Zero(t, due)
		assert.Equal(t, 3, steps)
	})
	t.Run("it comes back every hour, also after a failure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			runs := 0
			p := housekeeping.NewPurge("things", func(context.Context, int) (int, error) {
				runs++
				return 0, errors.New("database is down")
			}, quiet)
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { p.Run(ctx) })
			<-time.After(3*time.Hour + time.Minute)
			cancel()
			running.Wait()
			assert.Equal(t, 4, runs)
		})
	})
}
