package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range and precision of what is recorded: microseconds up to ten minutes, to three digits.
const (
	longest   = 10 * time.Minute
	precision = 3
)

// recorder takes durations from many goroutines.
type recorder struct {
	name string
	mu   sync.Mutex
	hist *hdrhistogram.Histogram
}

func newRecorder(name string) *recorder {
	return &recorder{name: name, hist: hdrhistogram.New(1, longest.Microseconds(), precision)}
}

func (r *recorder) record(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.hist.RecordValue(min(max(d, 0), longest).Microseconds()) // in range, so there is no error
}

// Latency is how long something took, in milliseconds.
type Latency struct {
	Of    string  `json:"of"`
	Count int64   `json:"count"`
	Min   float64 `json:"min_ms"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	Max   float64 `json:"max_ms"`
	// Curve is the whole distribution, for a plot.
	Curve []Point `json:"curve"`

	spark string
}

// Point says that this share of all took at most so long.
type Point struct {
	Quantile float64 `json:"quantile"` // 0 to 1
	Value    float64 `json:"ms"`
}

// curveSteps is how many points a curve has for every halving of what is left above.
const curveSteps = 4

func (r *recorder) latency() Latency {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := func(percent float64) float64 { return float64(r.hist.ValueAtQuantile(percent)) / 1000 }
	l := Latency{
		Of: r.name, Count: r.hist.TotalCount(), Min: float64(r.hist.Min()) / 1000, Mean: r.hist.Mean() / 1000,
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: float64(r.hist.Max()) / 1000,
		spark: sparkOf(r.hist),
	}
	if l.Count > 0 {
		for _, b := range r.hist.CumulativeDistributionWithTicks(curveSteps) {
			l.Curve = append(l.Curve, Point{b.Quantile / 100, float64(b.ValueAt) / 1000})
		}
	}
	return l
}
