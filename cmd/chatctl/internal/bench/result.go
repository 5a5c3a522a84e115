package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Result is how a run went.
type Result struct {
	Scenario  string         `json:"scenario"`
	Offered   float64        `json:"offered_per_s"`
	Seconds   float64        `json:"seconds"` // of load
	Latencies []Latency      `json:"latencies"`
	Figures   []Figure       `json:"figures"`
	Errors    map[string]int `json:"errors,omitempty"`
	Verdict   *Verdict       `json:"verdict,omitempty"` // of scenarios with messages
	Search    []Step         `json:"search,omitempty"`
}

// Figure is a number that a run yields besides its latencies.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

func (r *Result) figure(name string, value float64) {
	r.Figures = append(r.Figures, Figure{name, value})
}

// rate adds how many there were per second.
func (r *Result) rate(name string, count int, in time.Duration) {
	perSecond := 0.0
	if in > 0 {
		perSecond = float64(count) / in.Seconds()
	}
	r.figure(name, perSecond)
}

// errorCount returns how many requests failed.
func (r *Result) errorCount() int {
	n := 0
	for _, count := range r.Errors {
		n += count
	}
	return n
}

// Failed tells whether a promise was broken.
func (r *Result) Failed() bool { return r.Verdict != nil && r.Verdict.Broken() != nil }

// Title is what was done, in a line.
func (r *Result) Title() string {
	if r.Offered == 0 {
		return fmt.Sprintf("%s, %.3g s", r.Scenario, r.Seconds)
	}
	return fmt.Sprintf("%s: %g/s due for %.3g s", r.Scenario, r.Offered, r.Seconds)
}

// WriteTable writes a result for people.
func (r *Result) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, r.Title())
	fmt.Fprintln(t, "\nLATENCY\tCOUNT\tMIN\tP50\tP90\tP99\tP99.9\tMAX\t")
	for _, l := range r.Latencies {
		fmt.Fprintln(t, strings.Join([]string{l.Of, strconv.FormatInt(l.Count, 10), duration(l.Min), duration(l.P50), duration(l.P90),
			duration(l.P99), duration(l.P999), duration(l.Max), l.spark}, "\t"))
	}
	fmt.Fprintln(t)
	for _, f := range r.Figures {
		_, _ = fmt.Fprintf(t, "%s\t%.6g\n", f.Name, f.Value)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		_, _ = fmt.Fprintf(t, "errors: %s\t%d\n", kind, r.Errors[kind])
	}
	for _, s := range r.Search {
		verdict := "too much"
		if s.Good {
			verdict = "good"
		}
		_, _ = fmt.Fprintf(t, "tried %.5g/s\tp99 %s\t%s\n", s.Rate, duration(s.P99), verdict)
	}
	if r.Verdict != nil {
		fmt.Fprintln(t, "\nVerdict: "+r.Verdict.String())
	}
	return t.Flush()
}
