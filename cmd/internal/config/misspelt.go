package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// mostSlips is how many letters may be wrong, missing or too many in what is taken for a setting's name.
const mostSlips = 2

// Misspelt returns a sentence about each variable that is all but one of a program's settings: it would be passed over,
// and the default hold.
func Misspelt[S Settings](environment map[string]string) []string {
	var s S
	params, err := env.GetFieldParams(&s)
	if err != nil {
		return nil // a fault of the struct's tags, which the tests would show
	}
	known := map[string]bool{}
	for _, p := range params {
		known[p.Key] = true
	}
	var said []string
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if known[name] {
			continue
		}
		for _, p := range params {
			if len(p.Key) > 3*mostSlips && slips(strings.ToUpper(name), p.Key) <= mostSlips {
				said = append(said, fmt.Sprintf("%s is no setting; is %s meant?", name, p.Key))
				break
			}
		}
	}
	return said
}

// slips counts the letters by which two names differ (Levenshtein).
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
