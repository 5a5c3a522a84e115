package simulation

import (
	"math/rand/v2"
	"strings"
	"time"
)

// weather is how a run goes: some are quiet and long, some are storms.
type weather struct {
	faults   int // of 100 calls, how many do not simply work
	slow     int // of 100 calls that work, how many have their answers delayed
	trouble  int // weight of faults of whole parts
	restores bool
}

func drawWeather(rng *rand.Rand) weather {
	return weather{
		faults: pick(rng, []int{0, 3, 8, 20}), slow: pick(rng, []int{0, 10, 30}),
		trouble: pick(rng, []int{1, 2, 4}), restores: rng.IntN(6) == 0,
	}
}

// fate draws what becomes of a call.
func (wt weather) fate(w *world, c *call) fate {
	part, _, _ := strings.Cut(c.op, ".")
	switch {
	case c.steady || w.calm:
		return works
	case time.Now().Before(w.down[part]):
		return failsBefore
	case c.answer:
		if w.rng.IntN(100) < wt.faults {
			return failsBefore
		}
		return works
	case w.rng.IntN(100) < wt.faults:
		return pick(w.rng, []fate{failsBefore, failsAfter, happensLate, repeats})
	case w.rng.IntN(100) < wt.slow:
		return answersLate
	}
	return works
}
