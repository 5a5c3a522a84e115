package soak

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Report is what a soak found.
type Report struct {
	Seconds float64  `json:"seconds"`
	Rounds  int      `json:"rounds"`
	Series  []Series `json:"series"`
}

// Suspects names the series that grow.
func (r Report) Suspects() []string {
	var all []string
	for _, s := range r.Series {
		if s.Verdict == Leak {
			all = append(all, s.Source+" "+s.Measure)
		}
	}
	return all
}

// Verdict is the report in a line.
func (r Report) Verdict() string {
	judged := 0
	for _, s := range r.Series {
		if s.Verdict == Flat || s.Verdict == Leak {
			judged++
		}
	}
	switch suspects := r.Suspects(); {
	case suspects != nil:
		return "Leak suspected: yes: " + strings.Join(suspects, ", ")
	case judged == 0:
		return "Leak suspected: too short to tell"
	default:
		return fmt.Sprintf("Leak suspected: no (%d series over %d rounds)", judged, r.Rounds)
	}
}

// WriteTable writes a report for people: each series at rest, first and last, and by how much the second half grew.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tMEASURE\tFIRST REST\tLAST REST\tHIGHEST\tSECOND HALF\tVERDICT")
	for _, s := range r.Series {
		rests := s.rests()
		if len(rests) == 0 {
			continue
		}
		highest := 0.0
		for _, p := range s.Points {
			highest = max(highest, p.Value)
		}
		sign := "+"
		if s.Growth < 0 {
			sign = ""
		}
		fmt.Fprintln(t, strings.Join([]string{
			s.Source, s.Measure, s.format(rests[0].Value), s.format(rests[len(rests)-1].Value), s.format(highest),
			sign + s.format(s.Growth), s.Verdict,
		}, "\t"))
	}
	return t.Flush()
}

// format is a value as people read it.
func (s *Series) format(v float64) string {
	if s.measure.bytes {
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	}
	return fmt.Sprintf("%.0f", v)
}
