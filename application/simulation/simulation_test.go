package simulation

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

var (
	seedFlag  = flag.Int64("seed", -1, "run this seed only")
	stepsFlag = flag.Int("steps", 1200, "how many things happen before everything heals")
	seedsFlag = flag.Int("seeds", 60, "how many seeds to run")
)

// result is what came of a run.
type result struct {
	violations []violation
	trace      trace
	stats      map[string]int
	steps      int
}

// simulate makes one run.
func simulate(t *testing.T, seed uint64, steps int, b bug) (r result) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		w := newWorld(ctx, seed, b)
		w.run(steps)
		w.mu.Lock()
		for _, p := range w.alive {
			if p != nil {
				p.dead = true
			}
		}
		w.mu.Unlock()
		cancel()
		synctest.Wait()
		slices.SortFunc(w.violations, func(a, b violation) int { return strings.Compare(a.String(), b.String()) })
		r = result{w.violations, w.trace, w.stats, w.step}
	})
	return r
}

// TestARunIsReplayedExactly makes runs twice: everything that happens is decided by the seed.
func TestARunIsReplayedExactly(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			first, second := simulate(t, seed, *stepsFlag, bug{}), simulate(t, seed, *stepsFlag, bug{})
			for i, line := range first.trace.lines {
				if i >= len(second.trace.lines) || second.trace.lines[i] != line {
					t.Fatalf("the runs part at\n%s\n%s", line, second.trace.lines[min(i, len(second.trace.lines)-1)])
				}
			}
			require.Equal(t, first.trace.hash(), second.trace.hash())
			require.Equal(t, first.violations, second.violations)
		})
	}
}

func TestSimulation(t *testing.T) {
	first, n := uint64(0), *seedsFlag
	if *seedFlag >= 0 {
		first, n = uint64(*seedFlag), 1
	}
	for seed := first; seed < first+uint64(n); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			if *seedFlag < 0 {
				t.Parallel()
			}
			r := simulate(t, seed, *stepsFlag, bug{})
			if *seedFlag >= 0 {
				t.Log(strings.Join(r.trace.lines, "\n"))
				t.Log(r.stats)
			}
			for _, v := range r.violations {
				t.Errorf("seed %d: %v\nreplay: go test ./application/simulation -run 'TestSimulation$' -v -seed %d -steps %d", seed, v, seed, *stepsFlag)
			}
		})
	}
}
