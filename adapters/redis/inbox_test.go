package redis

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInbox(t *testing.T) {
	t.Run("messages come in order, once", func(t *testing.T) {
		in := newInbox(1000)
		in.put("a")
		in.put("b")
		<-in.filled
		messages, lost := in.take()
		require.Equal(t, []string{"a", "b"}, messages)
		require.False(t, lost)
		messages, lost = in.take()
		require.Empty(t, messages)
		require.False(t, lost)
	})

	t.Run("one that does not fit is lost with all before it; what comes later is kept", func(t *testing.T) {
		in := newInbox(1000)
		in.put(strings.Repeat("x", 500))
		in.put(strings.Repeat("y", 500))
		in.put("z")
		<-in.filled
		messages, lost := in.take()
		require.Equal(t, []string{"z"}, messages)
		require.True(t, lost)
	})

	t.Run("what was taken makes room", func(t *testing.T) {
		in := newInbox(1000)
		for range 5 {
			in.put(strings.Repeat("x", 900))
			_, lost := in.take()
			require.False(t, lost)
		}
	})

	t.Run("a flood of tiny messages is bounded, too", func(t *testing.T) {
		in := newInbox(100 * messageOverhead)
		for range 101 {
			in.put("")
		}
		_, lost := in.take()
		require.True(t, lost)
	})

	t.Run("a gap is told once and keeps what is queued", func(t *testing.T) {
		in := newInbox(1000)
		in.put("a")
		in.gap()
		messages, lost := in.take()
		require.Equal(t, []string{"a"}, messages)
		require.True(t, lost)
		_, lost = in.take()
		require.False(t, lost)
	})
}
