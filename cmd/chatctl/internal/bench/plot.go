package bench

import (
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The plot's measures, in pixels.
const (
	plotWidth, plotHeight = 720, 400
	plotLeft, plotRight   = 70, 20
	plotTop, plotBottom   = 50, 50
	plotNines             = 4 // the right edge is the quantile with so many nines
)

// plotColors tell the curves apart, for the colour-blind, too.
var plotColors = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7"}

// axes turn quantiles and milliseconds into places on a plot: both logarithmic, the quantiles by what is left above them.
type axes struct{ low, high float64 } // powers of ten of milliseconds

func axesOf(all []Latency) axes {
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range all {
		for _, p := range l.Curve {
			low, high = min(low, logOf(p.Value)), max(high, logOf(p.Value))
		}
	}
	if low > high {
		low, high = 0, 0
	}
	a := axes{math.Floor(low), math.Ceil(high)}
	if a.low == a.high {
		a.high++
	}
	return a
}

// logOf is the power of ten of a duration, which is recorded in whole microseconds.
func logOf(ms float64) float64 { return math.Log10(max(ms, 0.001)) }

func (a axes) x(quantile float64) float64 {
	nines := min(-math.Log10(max(1-quantile, 1e-9)), plotNines)
	return plotLeft + nines/plotNines*(plotWidth-plotLeft-plotRight)
}

func (a axes) y(ms float64) float64 {
	return plotHeight - plotBottom - (logOf(ms)-a.low)/(a.high-a.low)*(plotHeight-plotTop-plotBottom)
}

// WriteSVG draws the latencies of a result: how long at most so many of them took.
func (r *Result) WriteSVG(w io.Writer) error {
	a := axesOf(r.Latencies)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<text x="%d" y="20" font-size="15">%s</text>`+"\n", plotLeft, html.EscapeString(r.Title()))
	grid := func(x1, y1, x2, y2, tx, ty float64, anchor, label string) {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="%s" fill="#555">%s</text>`+"\n",
			x1, y1, x2, y2, tx, ty, anchor, label)
	}
	for _, q := range []float64{0, 50, 90, 99, 99.9, 99.99} {
		x := a.x(q / 100)
		grid(x, plotTop, x, plotHeight-plotBottom, x, plotHeight-plotBottom+18, "middle", fmt.Sprintf("%g %%", q))
	}
	for power := a.low; power <= a.high; power++ {
		y := a.y(math.Pow(10, power))
		grid(plotLeft, y, plotWidth-plotRight, y, plotLeft-6, y+4, "end", duration(math.Pow(10, power)))
	}
	for i, l := range r.Latencies {
		color := plotColors[i%len(plotColors)]
		var points strings.Builder
		for _, p := range l.Curve {
			fmt.Fprintf(&points, "%.1f,%.1f ", a.x(p.Quantile), a.y(p.Value))
		}
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", color, strings.TrimSpace(points.String()))
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s">%s: p50 %s, p99 %s</text>`+"\n", plotLeft+i*240, 38, color, html.EscapeString(l.Of), duration(l.P50), duration(l.P99))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="#555">took at most so long, from when it was due</text>`+"\n</svg>\n", plotWidth-plotRight, plotHeight-10)
	_, err := io.WriteString(w, b.String())
	return err
}

// duration is a number of milliseconds as people read it.
func duration(ms float64) string {
	switch {
	case ms < 1:
		return fmt.Sprintf("%.3g µs", ms*1000)
	case ms < 1000:
		return fmt.Sprintf("%.3g ms", ms)
	default:
		return fmt.Sprintf("%.3g s", ms/1000)
	}
}

// sparkBins is how many columns a sparkline has.
const sparkBins = 24

// sparkOf draws a distribution as a line of text, from the shortest on the left to the longest on the right in logarithmic
// steps; a column's height is the share that took so long.
func sparkOf(h *hdrhistogram.Histogram) string {
	low, high := math.Log(float64(max(h.Min(), 1))), math.Log(float64(max(h.Max(), 1)))
	if low >= high {
		return ""
	}
	var bins [sparkBins]int64
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			i := int((math.Log(float64(max(bar.From, 1))) - low) / (high - low) * sparkBins)
			bins[min(max(i, 0), sparkBins-1)] += bar.Count
		}
	}
	heights := []rune(" ▁▂▃▄▅▆▇█")
	tallest := float64(slices.Max(bins[:]))
	var line strings.Builder
	for _, count := range bins {
		line.WriteRune(heights[int(math.Ceil(float64(count)/tallest*float64(len(heights)-1)))])
	}
	return line.String()
}
