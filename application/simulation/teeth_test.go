package simulation

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlantedBugsAreFound shows that the simulation has teeth: every rule that is broken on purpose is found, within a
// number of seeds.
func TestPlantedBugsAreFound(t *testing.T) {
	for _, b := range plantedBugs {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for seed := range b.within {
				r := simulate(t, seed, *stepsFlag, b.plant())
				if len(r.violations) == 0 {
					continue
				}
				v := r.violations[0]
				t.Logf("found with seed %d: %v", seed, v)
				require.True(t, strings.Contains(b.promises, v.promise), "%v: broken is one of %s", v, b.promises)
				return
			}
			t.Errorf("not found within %d seeds", b.within)
		})
	}
}
