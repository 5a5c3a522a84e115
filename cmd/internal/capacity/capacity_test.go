package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func page(t *testing.T) string {
	text, err := os.ReadFile("../../../docs/capacity.md")
	require.NoError(t, err)
	return string(text)
}

func TestThePageShowsWhatTheModelSays(t *testing.T) {
	f := figuresOf(page(t))
	table := atPeak.table(f)
	require.Empty(t, f.missing)
	require.Contains(t, page(t), table, "docs/capacity.md is to show it")
}

func TestAFigureThatIsMissingIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(page(t), "`kafka-bytes`", "kafka", 1)), 0o600))
	require.ErrorContains(t, run(file, "", atPeak), "kafka-bytes")
}

func TestFigures(t *testing.T) {
	f := figuresOf("| `rows` | 1,234.5 | of a table |\n| name | 7 |\n| `words` | many |\nplain text\n")
	require.Equal(t, map[string]float64{"rows": 1234.5}, f.values)
}

func TestTheModelFollowsTheLoad(t *testing.T) {
	of := func(l load, what string) []string {
		for line := range strings.Lines(l.table(figuresOf(page(t)))) {
			if cells := strings.Split(line, " | "); strings.Contains(cells[0], what) {
				return cells[1:]
			}
		}
		require.Fail(t, "no row "+what)
		return nil
	}
	once, twice := atPeak, atPeak
	twice.peak *= 2
	assert.Equal(t, "3,500,000", of(once, "rows written")[0])
	assert.Equal(t, "7,000,000", of(twice, "rows written")[0])
	assert.Equal(t, of(once, "**a million"), of(twice, "**a million"), "the price of one does not depend on how many there are")
	assert.Less(t, of(once, "traffic")[0], of(once, "traffic")[2])
}

func TestTheModelIsSetAgainstWhatWasMeasured(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rows.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(`{"row":"allocate and settle, five services, many conversations","ours":4000,"unit":"/s"}
{"row":"another","ours":1,"unit":"/s"}
`), 0o600))
	rows, err := readRows(file)
	require.NoError(t, err)
	f := figures{map[string]float64{"postgres-cpu-ms": 0.2, "chat-service-cpu-ms": 0.05, "worker-cpu-us": 1, "redis-cpu-us": 1, "connection-kib": 1}, map[string]bool{}}
	require.Contains(t, check(f, rows, 2), "| allocate and settle, five services, many conversations | 8,000 /s | 4,000 /s | 0.50 |\n")
	require.Empty(t, f.missing)
}
