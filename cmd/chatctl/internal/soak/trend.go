package soak

import (
	"math"
	"slices"
)

// Series is what was read of one measure of one source.
type Series struct {
	Source  string  `json:"source"`
	Measure string  `json:"measure"`
	Points  []Point `json:"points"`
	Verdict string  `json:"verdict"` // one of the constants below
	// Growth is by how much it grew over the second half, by the line through what was read at rest.
	Growth float64 `json:"growth"`

	measure measure
}

// The verdicts on a series.
const (
	Flat     = "flat"
	Leak     = "leak suspected"
	TooShort = "too short to tell"
	Grows    = "holds what users write" // not judged
)

// Point is one reading.
type Point struct {
	At    float64 `json:"at"` // seconds since the beginning
	Value float64 `json:"value"`
	Rest  bool    `json:"rest,omitempty"`
}

const (
	// minRests is how many rests the second half must have: with fewer, chance alone makes them rise one time in twenty.
	minRests = 4
	// certainty is how many standard deviations the rise must be from none: by chance, one series in twenty.
	certainty = 1.64
	// share is by how much a measure may grow, of what it is, if that is more than its slack.
	share = 0.05
)

// judge looks at the second half, when caches are full and pools are grown. A leak is suspected where the values at rest
// rise again and again (Kendall's test) and the line through them (Theil and Sen's, which a few outliers do not turn)
// rises by more than the measure's slack.
func (s *Series) judge() {
	rests := s.rests()
	rests = rests[len(rests)/2:]
	if len(rests) > 0 {
		s.Growth = slope(rests) * (rests[len(rests)-1].At - rests[0].At)
	}
	switch {
	case s.measure.grows:
		s.Verdict = Grows
	case len(rests) < minRests:
		s.Verdict = TooShort
	case rising(rests) && s.Growth > max(s.measure.slack, share*median(values(rests))):
		s.Verdict = Leak
	default:
		s.Verdict = Flat
	}
}

func (s *Series) rests() []Point {
	var all []Point
	for _, p := range s.Points {
		if p.Rest {
			all = append(all, p)
		}
	}
	return all
}

// slope is the median of the slopes of all pairs, per second.
func slope(points []Point) float64 {
	var slopes []float64
	for i, p := range points {
		for _, q := range points[i+1:] {
			slopes = append(slopes, (q.Value-p.Value)/(q.At-p.At))
		}
	}
	return median(slopes)
}

// rising tells whether later values are higher than earlier ones more often than by chance.
func rising(points []Point) bool {
	score := 0.0
	for i, p := range points {
		for _, q := range points[i+1:] {
			switch {
			case q.Value > p.Value:
				score++
			case q.Value < p.Value:
				score--
			}
		}
	}
	n := float64(len(points))
	return score-1 >= certainty*math.Sqrt(n*(n-1)*(2*n+5)/18)
}

func values(points []Point) []float64 {
	all := make([]float64, len(points))
	for i, p := range points {
		all[i] = p.Value
	}
	return all
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}
