package portstest

import (
	"encoding/json"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// floorPasses is how often each side is measured, by turns: what else the machine does meanwhile troubles both.
const floorPasses = 3

// Floor is one thing that this system does, beside the least that the machine needs for it: both are measured in the same
// run, so the ratio says something on any machine. It passes nothing and fails nothing.
type Floor struct {
	Row    string  // what is measured
	Unit   string  // of what the two return
	Target float64 // of ours ÷ floor
	AtMost bool    // less is better

	Floor, Ours func() float64 // each measures once
}

// FloorRow is what Run found out, the medians of its passes.
type FloorRow struct {
	Row    string  `json:"row"`
	Floor  float64 `json:"floor"`
	Ours   float64 `json:"ours"`
	Unit   string  `json:"unit"`
	Ratio  float64 `json:"ratio"`
	Target float64 `json:"target"`
	AtMost bool    `json:"at_most"`
}

// Run measures and logs a line of JSON, which scripts/bench-floor collects.
func (f Floor) Run(b *testing.B) {
	b.Helper()
	var floors, ours []float64
	for range floorPasses {
		floors, ours = append(floors, f.Floor()), append(ours, f.Ours())
	}
	row := FloorRow{Row: f.Row, Unit: f.Unit, Target: f.Target, AtMost: f.AtMost, Floor: median(floors), Ours: median(ours)}
	row.Ratio = rounded(row.Ours / row.Floor)
	for b.Loop() { // the figures do not come from repetition
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(row.Ratio, "ratio")
	row.Floor, row.Ours = rounded(row.Floor), rounded(row.Ours)
	line, err := json.Marshal(row)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%s", line)
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// rounded keeps three digits.
func rounded(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// Rate has so many clients do something again and again, each at once after its last, and returns how often that was in a
// second.
func Rate(b *testing.B, clients int, lasting time.Duration, do func(client int) error) float64 {
	b.Helper()
	var done atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for client := range clients {
		all.Go(func() {
			for time.Since(began) < lasting {
				if err := do(client); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}
