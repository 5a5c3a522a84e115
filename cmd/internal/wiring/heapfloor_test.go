package wiring

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// rubbish is what a test allocates.
var rubbish []byte

// collections returns how many collections it takes to allocate bytes that nobody keeps.
func collections(bytes int) uint32 {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const piece = 64 << 10
	for range bytes / piece {
		rubbish = make([]byte, piece)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

func TestHeapFloor(t *testing.T) {
	t.Run("a small heap grows to the floor before it is collected, each time", func(t *testing.T) {
		defer debug.SetGCPercent(debug.SetGCPercent(usualPercent))
		release := holdHeapFloor()
		require.LessOrEqual(t, collections(8*heapFloor), uint32(16))
		release()
		require.Greater(t, collections(8*heapFloor), uint32(24), "and as before once it is released")
	})
	t.Run("who has set a percentage is left alone", func(t *testing.T) {
		defer debug.SetGCPercent(debug.SetGCPercent(50))
		holdHeapFloor()()
		require.Equal(t, 50, debug.SetGCPercent(50))
	})
	t.Run("from half of the floor on Go's own percentage counts", func(t *testing.T) {
		for live, percent := range map[uint64]int{0: 6300, 4 << 20: 1500, 16 << 20: 300, 32 << 20: 100, 64 << 20: 100, 1 << 30: 100} {
			require.Equal(t, percent, percentFor(live), "%d bytes", live)
		}
	})
}
