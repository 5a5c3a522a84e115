package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answer is what chatctl --json bench prints, shortened.
const answer = `{"scenario":"pairs","offered_per_s":200,"seconds":5,
	"latencies":[{"of":"send","p50_ms":9},{"of":"delivery","p50_ms":2.5,"p99_ms":10}],
	"figures":[{"name":"delivered/s","value":400},{"name":"CPU seconds of the load","value":1.5}],
	"verdict":{"acknowledged":1000,"delivered":2000,"reordered":20}}`

func parsed(t *testing.T) result {
	t.Helper()
	var r result
	require.NoError(t, json.Unmarshal([]byte(answer), &r))
	return r
}

func TestEveryRowIsReadFromItsResults(t *testing.T) {
	for _, quick := range []bool{false, true} {
		seen := map[string]bool{}
		for _, sc := range plan(quick).scenarios {
			for _, target := range []target{baseline, ours} {
				require.NotEmpty(t, sc.loads(target), sc.name)
				for _, load := range sc.loads(target) {
					assert.NotContains(t, load, "%!", sc.name)
				}
			}
			for _, row := range sc.rows {
				assert.NotPanics(t, func() { row.value([]result{parsed(t), parsed(t)}) }, row.what)
			}
			assert.False(t, seen[sc.name], "two scenarios are called %s", sc.name)
			seen[sc.name] = true
		}
	}
	rows := plan(false).scenarios[0].rows
	assert.InDelta(t, 2.5, rows[0].value([]result{parsed(t)}), 1e-9)
	assert.InDelta(t, 10, rows[1].value([]result{parsed(t)}), 1e-9)
}

func TestTheTableShowsMediansAndWhetherTargetsAreMet(t *testing.T) {
	values := map[target][]float64{baseline: {20, 10, 30}, ours: {4, 9, 2}}
	give := func(of row) scenario { return scenario{name: "s", rows: []row{of}} }
	var r report
	for _, row := range []row{
		{what: "latency", unit: "ms", goal: 0.2}, {what: "rate", unit: "/s", goal: 0.3, higher: true}, {what: "other"},
	} {
		for _, target := range []target{baseline, ours} {
			for pass := range 3 {
				row.value = func([]result) float64 { return values[target][pass] }
				r.add(give(row), target, nil)
			}
		}
	}
	assert.Equal(t, []string{
		"| what | baseline | ours | ours, lowest … highest | ours ÷ baseline | target | |",
		"| --- | --- | --- | --- | --- | --- | --- |",
		"| latency | 20 ms | 4 ms | 2 … 9 | 0.2 × | ≤ 0.2 | met |",
		"| rate | 20 /s | 4 /s | 2 … 9 | 0.2 × | ≥ 0.3 | missed |",
		"| other | 20 | 4 | 2 … 9 | 0.2 × |  |  |",
	}, strings.Split(strings.TrimSpace(r.table()), "\n"))
	assert.Len(t, r.Runs, 18)
}

func TestAPageGetsTheTable(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(page, []byte("before\n"+tableBegins+"old\n"+tableEnds+"after\n"), 0o600))
	require.NoError(t, replaceSection(page, "new"))
	require.NoError(t, replaceSection(page, "newer"))
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, "before\n"+tableBegins+"\nnewer\n"+tableEnds+"after\n", string(text))

	require.NoError(t, os.WriteFile(page, []byte("nothing of the kind\n"), 0o600))
	assert.ErrorContains(t, replaceSection(page, "new"), "no place")
}
