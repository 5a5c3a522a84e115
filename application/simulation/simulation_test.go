package simulation

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	seedFlag     = flag.Int64("seed", -1, "run this seed alone, and show what happens")
	stepsFlag    = flag.Int("steps", 1200, "how many things happen before everything heals")
	durationFlag = flag.Duration("duration", 0, "run one seed after the other, from a new one on, for this long")
)

// TestSimulation runs the system through many histories. A seed that breaks a promise replays alone, by the command that is
// printed with it.
func TestSimulation(t *testing.T) {
	switch {
	case *seedFlag >= 0:
		r := simulate(t, uint64(*seedFlag), *stepsFlag, bug{})
		t.Log("\n" + strings.Join(r.trace.lines, "\n"))
		t.Log("\n" + r.stats.String())
		r.report(t)
	case *durationFlag > 0:
		simulateFor(t, *durationFlag)
	default:
		simulateMany(t, seeds)
	}
}

// simulateMany also sees to it that what can go wrong did: promises that nothing threatened prove nothing.
func simulateMany(t *testing.T, n uint64) {
	var mu sync.Mutex
	all := stats{}
	t.Run("seeds", func(t *testing.T) {
		for seed := range n {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				r := simulate(t, seed, *stepsFlag, bug{})
				r.report(t)
				mu.Lock()
				defer mu.Unlock()
				all.add(r.stats)
			})
		}
	})
	t.Log("\n" + all.String())
	for _, what := range expected() {
		assert.Positive(t, all[what], "%s: never happened", what)
	}
	assert.GreaterOrEqual(t, all.crashPoints(), 15, "kinds of await points at which processes crashed")
}

// simulateFor goes on until the time is over or a promise is broken.
func simulateFor(t *testing.T, d time.Duration) {
	begin := time.Now()
	all, next := stats{}, begin
	for seed := uint64(begin.UnixNano()) % 1_000_000_000; time.Since(begin) < d; seed++ {
		r := simulate(t, seed, *stepsFlag, bug{})
		all.add(r.stats)
		all["seeds"]++
		if time.Now().After(next) {
			fmt.Printf("%8v  %d seeds up to %d, %d calls, %d crashes at %d kinds of await points, %d kinds of events\n",
				time.Since(begin).Round(time.Second), all["seeds"], seed, all.total("call "), all.total("crash "), all.crashPoints(), len(all))
			next = time.Now().Add(10 * time.Second)
		}
		if r.report(t); t.Failed() {
			break
		}
	}
	fmt.Println(all)
}

// TestARunIsReplayedExactly makes runs twice: everything that happens is decided by the seed.
func TestARunIsReplayedExactly(t *testing.T) {
	for seed := range uint64(replays) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			first, second := simulate(t, seed, *stepsFlag, bug{}), simulate(t, seed, *stepsFlag, bug{})
			for i := range min(len(first.trace.lines), len(second.trace.lines)) {
				require.Equal(t, first.trace.lines[i], second.trace.lines[i], "the runs part")
			}
			require.Equal(t, first.trace.hash(), second.trace.hash())
			require.Equal(t, first.violations, second.violations)
			require.Equal(t, first.stats, second.stats)
		})
	}
}

// TestPlantedBugsAreFound shows that the simulation has teeth: every rule that is broken on purpose is found, within a
// number of seeds.
func TestPlantedBugsAreFound(t *testing.T) {
	for _, b := range plantedBugs {
		if b.within > hardestBugs {
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for seed := range b.within {
				r := simulate(t, seed, *stepsFlag, b.plant())
				if len(r.violations) == 0 {
					continue
				}
				v := r.violations[0]
				t.Logf("found with seed %d: %v", seed, v)
				require.Contains(t, strings.Fields(b.promises), v.promise, "%v", v)
				return
			}
			t.Errorf("not found within %d seeds", b.within)
		})
	}
}
