package wiring

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// heapFloor is how large a heap may grow before the first collection, in bytes, and after each. Without it a server whose connections
// are few collects with every few megabytes of requests: an eighth of its time, and a hundredth of its answers waited for it.
const heapFloor = 64 << 20

// usualPercent is Go's GOGC where nobody has set it. From half of heapFloor on it counts.
const usualPercent = 100

// holdHeapFloor has the collector keep to heapFloor until release is called. Who has set GOGC is left alone.
func holdHeapFloor() (release func()) {
	if set := debug.SetGCPercent(usualPercent); set != usualPercent {
		debug.SetGCPercent(set)
		return func() {}
	}
	f := &floorKeeper{}
	f.collected(struct{}{})
	return f.release
}

// floorKeeper sets the percentage anew after each collection, by how much has survived that.
type floorKeeper struct {
	mu       sync.Mutex
	released bool
}

func (f *floorKeeper) collected(struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.released {
		return
	}
	debug.SetGCPercent(percentFor(liveHeap()))
	runtime.AddCleanup(&struct{ _ [16]byte }{}, f.collected, struct{}{}) // nothing holds it: the next collection finds it dead
}

func (f *floorKeeper) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = true
	debug.SetGCPercent(usualPercent)
}

// percentFor returns the GOGC at which a heap with so many live bytes grows to heapFloor.
func percentFor(live uint64) int {
	if live = max(live, 1<<20); live >= heapFloor {
		return usualPercent
	}
	return max(usualPercent, int((heapFloor-live)*100/live)) //nolint:gosec // at most 6300
}

func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
