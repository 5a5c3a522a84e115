package wiring

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMemoryIsReturnedWhenABurstIsOver(t *testing.T) {
	const mega = 1 << 20
	for name, tc := range map[string]struct {
		before uint64 // allocated
		now    heap
		want   bool
	}{
		"a burst is over":            {900 * mega, heap{901 * mega, 80 * mega, 40 * mega}, true},
		"it goes on":                 {900 * mega, heap{910 * mega, 80 * mega, 40 * mega}, false},
		"it was collected already":   {900 * mega, heap{901 * mega, 41 * mega, 40 * mega}, false},
		"less lives than was marked": {900 * mega, heap{901 * mega, 39 * mega, 40 * mega}, false},
		"little of much is garbage":  {900 * mega, heap{901 * mega, 4110 * mega, 4096 * mega}, false},
		"the first look":             {0, heap{60 * mega, 30 * mega, 8 * mega}, false},
	} {
		c := &calm{allocated: tc.before}
		assert.Equal(t, tc.want, c.comes(tc.now), name)
		assert.Equal(t, tc.now.allocated, c.allocated, name)
	}
	h := readHeap()
	assert.Positive(t, h.allocated)
	assert.Positive(t, h.taken)
}
