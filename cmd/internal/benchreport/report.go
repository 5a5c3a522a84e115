package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// result is what chatctl bench says of one load, as far as it is read here.
type result struct {
	Load      string    `json:"load"`
	Offered   float64   `json:"offered_per_s"`
	Seconds   float64   `json:"seconds"`
	Latencies []latency `json:"latencies"`
	Figures   []struct {
		Name  string  `json:"name"`
		Value float64 `json:"value"`
	} `json:"figures"`
	Errors  map[string]int `json:"errors,omitempty"`
	Verdict struct {
		Acknowledged int `json:"acknowledged"`
		Delivered    int `json:"delivered"`
		Reordered    int `json:"reordered"`
		Lost         int `json:"lost"`
		Silent       int `json:"silent"`
	} `json:"verdict"`
}

type latency struct {
	Of  string  `json:"of"`
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

func (r result) figure(name string) float64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return 0
}

func (r result) latency(of string) latency {
	for _, l := range r.Latencies {
		if l.Of == of {
			return l
		}
	}
	return latency{}
}

// report is everything measured so far.
type report struct {
	Runs  []measured
	lines []line
}

// measured is one pass of one scenario on one server.
type measured struct {
	Scenario string   `json:"scenario"`
	Target   target   `json:"target"`
	Results  []result `json:"results"`
}

// line is a row of the table with its figures, one a pass.
type line struct {
	row
	values map[target][]float64
}

func (r *report) add(sc scenario, t target, results []result) {
	r.Runs = append(r.Runs, measured{sc.name, t, results})
	for _, row := range sc.rows {
		r.line(row).values[t] = append(r.line(row).values[t], row.value(results))
	}
}

// line returns the one of a row, made if it is the first time.
func (r *report) line(of row) *line {
	for i := range r.lines {
		if r.lines[i].what == of.what && r.lines[i].goal == of.goal && r.lines[i].higher == of.higher && r.lines[i].unit == of.unit {
			return &r.lines[i]
		}
	}
	r.lines = append(r.lines, line{of, map[target][]float64{}})
	return &r.lines[len(r.lines)-1]
}

// table returns the lines in Markdown: medians, and the lowest and highest of ours.
func (r *report) table() string {
	var b strings.Builder
	b.WriteString("| what | baseline | ours | ours, lowest … highest | ours ÷ baseline | target | |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, l := range r.lines {
		if len(l.values[ours]) == 0 { // it failed, or the run ended before
			continue
		}
		their, our := median(l.values[baseline]), median(l.values[ours])
		fmt.Fprintf(&b, "| %s | %s | %s | %s … %s | %s | %s | %s |\n", l.what,
			l.quantity(their), l.quantity(our), digits(slices.Min(l.values[ours])), digits(slices.Max(l.values[ours])),
			l.ratio(their, our), l.target(), l.verdict(their, our))
	}
	return b.String()
}

func (l line) quantity(v float64) string { return strings.TrimSuffix(digits(v)+" "+l.unit, " ") }

func (l line) ratio(their, our float64) string {
	if their == 0 {
		return "–"
	}
	return digits(our/their) + " ×"
}

func (l line) target() string {
	switch {
	case l.goal == 0:
		return ""
	case l.higher:
		return "≥ " + digits(l.goal)
	default:
		return "≤ " + digits(l.goal)
	}
}

func (l line) verdict(their, our float64) string {
	if l.goal == 0 || their == 0 {
		return ""
	}
	if l.higher == (our/their >= l.goal) || our/their == l.goal {
		return "met"
	}
	return "missed"
}

// digits is a number as people read it.
func digits(v float64) string {
	switch {
	case v >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// The marks around the table in a page.
const (
	tableBegins = "<!-- table A: scripts/bench-report -->\n"
	tableEnds   = "<!-- end of table A -->\n"
)

// replaceSection puts the table into a page, in place of the one there.
func replaceSection(page, table string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table", page)
	}
	return os.WriteFile(page, []byte(before+tableBegins+"\n"+table+"\n"+tableEnds+after), 0o600)
}
