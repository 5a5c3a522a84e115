package wiring

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// calm returns memory to the system once a burst is over. Ten thousand clients that come back leave as much garbage as their
// connections take, and a process that does little afterwards would keep it for minutes.
type calm struct{ allocated uint64 } // bytes since the start, when it last looked

const (
	calmPeriod   = 5 * time.Second
	calmAllocs   = 5 << 20 // bytes allocated in a period that is calm
	calmGarbage  = 4 << 20 // bytes that are worth a collection,
	calmFraction = 16      // if they are this fraction of what lives, too
)

func newCalm() *calm { return &calm{} }

// Run looks every few seconds until ctx ends.
func (c *calm) Run(ctx context.Context) {
	for {
		select {
		case <-time.After(calmPeriod):
			if c.comes(readHeap()) {
				debug.FreeOSMemory()
			}
		case <-ctx.Done():
			return
		}
	}
}

// heap is how the heap stands, in bytes.
type heap struct {
	allocated uint64 // since the start
	taken     uint64 // by objects, dead or alive
	live      uint64 // at the latest collection
}

// comes tells whether little has happened since the last look, and garbage is left from before.
func (c *calm) comes(h heap) bool {
	quiet := h.allocated-c.allocated <= calmAllocs
	c.allocated = h.allocated
	garbage := max(h.taken, h.live) - h.live
	return quiet && garbage >= max(calmGarbage, h.live/calmFraction)
}

func readHeap() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(samples)
	return heap{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64()}
}
