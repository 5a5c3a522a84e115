package simulation

import (
	"math/rand/v2"
	"strings"
	"time"
)

// weather is how a run goes: some runs are quiet, some are storms, and each knows only some of the faults and some of the
// habits of people, so that one kind of trouble does not hide what another does.
type weather struct {
	faults      int          // of 100 calls, how many do not simply work
	slow        int          // of 100 calls that work, how many have their answers delayed
	trouble     int          // weight of faults of whole parts
	kinds       map[int]bool // which of those there are, by their place in troubles
	restful     bool         // nobody sleeps, signs out or loses a connection
	moody       bool         // membership changes all the time
	crowded     bool         // there is a group with one place left
	workersFrom int          // the step before which no worker runs: there are events already
	lazy        string       // calls that mostly wait for all others
}

func drawWeather(rng *rand.Rand) weather {
	wt := weather{
		faults: pick(rng, []int{0, 3, 8, 20}), slow: pick(rng, []int{0, 10, 30}), trouble: pick(rng, []int{1, 2, 4}),
		kinds: map[int]bool{}, restful: rng.IntN(2) == 0, moody: rng.IntN(3) == 0,
	}
	wt.crowded = wt.moody && rng.IntN(2) == 0
	wt.workersFrom = pick(rng, []int{0, 0, 0, 300})
	wt.lazy = pick(rng, []string{"", "postgres.", "dynamo.put", "dynamo.entries", "dynamo.entries", "redis.", "redis.deliver", "kafka."})
	for i := range troubles {
		wt.kinds[i] = rng.IntN(2) == 0
	}
	return wt
}

// next draws which of the calls that wait goes on.
func (wt weather) next(rng *rand.Rand, calls []*call) *call {
	c := pick(rng, calls)
	for tries := 6; tries > 0 && wt.lazy != "" && strings.HasPrefix(c.op, wt.lazy); tries-- {
		c = pick(rng, calls)
	}
	return c
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

// drawTrouble draws one of the faults of whole parts that this weather has; nil if it has none.
func (wt weather) drawTrouble(rng *rand.Rand) *trouble {
	total := 0
	for i, t := range troubles {
		if wt.kinds[i] {
			total += t.weight
		}
	}
	if total == 0 {
		return nil
	}
	n := rng.IntN(total)
	for i, t := range troubles {
		if !wt.kinds[i] {
			continue
		}
		if n -= t.weight; n < 0 {
			return &t
		}
	}
	return nil
}
