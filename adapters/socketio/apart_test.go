package socketio

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestApart(t *testing.T) {
	t.Run("it returns when the function has, and uses a stack again", func(t *testing.T) {
		var a apart
		defer a.close()
		n := 0
		for range 3 {
			a.do(func() { n++ })
		}
		require.Equal(t, 3, n)
		require.Len(t, a.idle, 1)
	})
	t.Run("functions that wait for each other run at a time, and few of their stacks are kept", func(t *testing.T) {
		var a apart
		defer a.close()
		const many = 3 * maxIdleStacks
		var meet, all sync.WaitGroup
		meet.Add(many)
		for range many {
			all.Go(func() {
				a.do(func() {
					meet.Done()
					meet.Wait()
				})
			})
		}
		all.Wait()
		require.Len(t, a.idle, maxIdleStacks)
	})
	t.Run("a panic is the caller's, and the next function runs", func(t *testing.T) {
		var a apart
		defer a.close()
		require.PanicsWithValue(t, "oh", func() { a.do(func() { panic("oh") }) })
		ran := false
		a.do(func() { ran = true })
		require.True(t, ran)
	})
}
