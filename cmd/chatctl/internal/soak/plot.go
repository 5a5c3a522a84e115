package soak

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// The plot's measures, in pixels: one panel for each measure, one below the other.
const (
	plotWidth, panelHeight = 760, 150
	plotLeft, plotRight    = 80, 170
	panelTop, panelBottom  = 30, 24
)

// plotColors tell the lines apart, for the colour-blind, too.
var plotColors = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999", "#8c510a", "#5e3c99"}

// panel is where the series of one measure are drawn.
type panel struct {
	top           float64
	seconds, most float64 // the right edge and the upper
}

func (p panel) x(seconds float64) float64 {
	return plotLeft + seconds/p.seconds*(plotWidth-plotLeft-plotRight)
}

func (p panel) y(value float64) float64 {
	return p.top + panelHeight - panelBottom - value/p.most*(panelHeight-panelTop-panelBottom)
}

// WriteSVG draws what was read over time, a dot where at rest.
func (r Report) WriteSVG(w io.Writer) error {
	var panels [][]Series
	for _, m := range measures {
		var same []Series
		for _, s := range r.Series {
			if s.Measure == m.Name {
				same = append(same, s)
			}
		}
		if same != nil {
			panels = append(panels, same)
		}
	}
	height := panelHeight*len(panels) + 30
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, height)
	fmt.Fprintf(&b, `<text x="%d" y="20" font-size="14">%s</text>`+"\n", plotLeft, html.EscapeString(r.Verdict()))
	for i, same := range panels {
		draw(&b, panel{top: float64(30 + i*panelHeight), seconds: max(r.Seconds, 1), most: highest(same)}, same)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func highest(all []Series) float64 {
	most := 1.0
	for _, s := range all {
		for _, p := range s.Points {
			most = max(most, p.Value)
		}
	}
	return most
}

func draw(b *strings.Builder, p panel, all []Series) {
	fmt.Fprintf(b, `<text x="%d" y="%.0f" font-weight="bold">%s</text>`+"\n", plotLeft, p.top+panelTop-8, html.EscapeString(all[0].Measure))
	for _, part := range []float64{0, 0.5, 1} {
		y := p.y(part * p.most)
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end" fill="#555">%s</text>`+"\n",
			plotLeft, y, plotWidth-plotRight, plotLeft-6, y+4, all[0].format(part*p.most))
	}
	for _, part := range []float64{0, 0.25, 0.5, 0.75, 1} {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#555">%s</text>`+"\n",
			p.x(part*p.seconds), p.top+panelHeight-panelBottom+14, minutes(part*p.seconds))
	}
	for i, s := range all {
		color := plotColors[i%len(plotColors)]
		var line, dots strings.Builder
		for _, point := range s.Points {
			x, y := p.x(point.At), p.y(point.Value)
			fmt.Fprintf(&line, "%.1f,%.1f ", x, y)
			if point.Rest {
				fmt.Fprintf(&dots, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`, x, y, color)
			}
		}
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" opacity="0.5" points="%s"/>%s`+"\n", color, strings.TrimSpace(line.String()), dots.String())
		fmt.Fprintf(b, `<text x="%d" y="%.0f" fill="%s">%s</text>`+"\n", plotWidth-plotRight+10, p.top+panelTop+float64(i)*11, color, html.EscapeString(s.Source))
	}
}

func minutes(seconds float64) string {
	return fmt.Sprintf("%d:%02d", int(seconds)/60, int(math.Mod(seconds, 60)))
}
