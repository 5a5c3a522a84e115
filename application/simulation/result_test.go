package simulation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// result is what came of a run.
type result struct {
	seed       uint64
	steps      int
	violations []violation
	trace      trace
	stats      stats
}

// simulate makes one run, in a bubble of virtual time.
func simulate(t *testing.T, seed uint64, steps int, b bug) (r result) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		w := newWorld(ctx, seed, b)
		w.run(steps)
		w.stop()
		cancel()
		synctest.Wait()
		slices.SortFunc(w.violations, func(a, b violation) int {
			return cmp.Or(cmp.Compare(a.step, b.step), strings.Compare(a.String(), b.String()))
		})
		r = result{seed, steps, w.violations, w.trace, w.stats}
	})
	return r
}

// report fails the test if a promise was broken.
func (r result) report(t *testing.T) {
	t.Helper()
	if len(r.violations) == 0 {
		return
	}
	last := r.trace.lines[max(0, len(r.trace.lines)-20):]
	t.Errorf("seed %d breaks a promise:\n%s\nafter\n%s\nreplay: go test ./application/simulation -run 'TestSimulation$' -v -seed %d -steps %d",
		r.seed, joined(r.violations), strings.Join(last, "\n"), r.seed, r.steps)
}

func joined(violations []violation) string {
	var lines []string
	for _, v := range violations {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}

// stats counts what happened.
type stats map[string]int

func (s stats) add(other stats) {
	for what, n := range other {
		s[what] += n
	}
}

// total returns how often anything happened whose name begins so.
func (s stats) total(prefix string) int {
	n := 0
	for what, times := range s {
		if strings.HasPrefix(what, prefix) {
			n += times
		}
	}
	return n
}

// crashPoints returns at how many kinds of await points processes crashed.
func (s stats) crashPoints() int {
	n := 0
	for what := range s {
		if strings.HasPrefix(what, "crash ") {
			n++
		}
	}
	return n
}

func (s stats) String() string {
	var lines strings.Builder
	for _, what := range slices.Sorted(maps.Keys(s)) {
		_, _ = fmt.Fprintf(&lines, "%9d %s\n", s[what], what)
	}
	return lines.String()
}

// expected lists what every test run must have gone through.
func expected() []string {
	all := []string{
		"seq closed", "seq refused and replaced", "void in the log", "repeated send answered", "left-over finished by reconcile",
		"resync", "connection checked", "stretch handed out", "offsets committed", "late effect", "answer to a client lost",
		"client asleep", "connection cut by its client", "member removed", "session ended", "group that everybody left",
	}
	for f := works; f <= answersLate; f++ {
		all = append(all, "call "+f.String())
	}
	for _, t := range troubles {
		all = append(all, "fault: "+t.name)
	}
	return all
}
