package main

import (
	"strconv"
	"strings"
)

// figures are the rows of the page's tables that begin with a name in backquotes.
type figures struct {
	values  map[string]float64
	missing map[string]bool // asked for and not there
}

func figuresOf(page string) figures {
	f := figures{map[string]float64{}, map[string]bool{}}
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		name, quoted := strings.CutPrefix(strings.TrimSpace(cells[1]), "`")
		value, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(cells[2]), ",", ""), 64)
		if quoted && err == nil {
			f.values[strings.TrimSuffix(name, "`")] = value
		}
	}
	return f
}

func (f figures) of(name string) float64 {
	v, there := f.values[name]
	if !there {
		f.missing[name] = true
	}
	return v
}
