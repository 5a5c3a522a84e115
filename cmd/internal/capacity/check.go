package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// row is a line that scripts/bench-floor leaves.
type row struct {
	Row  string  `json:"row"`
	Ours float64 `json:"ours"`
	Unit string  `json:"unit"`
}

func readRows(file string) (rows []row, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// check sets the model against what was measured on a machine with so many cores, where everything ran.
func check(f figures, rows []row, cores float64) string {
	model := map[string]float64{
		"allocate and settle, five services, many conversations": cores / (f.of("postgres-cpu-ms") + f.of("chat-service-cpu-ms")) * 1e3,
		// The worker and Redis wait for each other.
		"fan-out worker, events to groups of 100":                million / (f.of("worker-cpu-us") + f.of("redis-cpu-us")),
		"memory of an idle connection, 10,000 of them, resident": f.of("connection-kib"),
	}
	var b strings.Builder
	b.WriteString("| what | model | measured | measured ÷ model |\n| --- | --- | --- | --- |\n")
	for _, r := range rows {
		if m, there := model[r.Row]; there {
			fmt.Fprintf(&b, "| %s | %s %s | %s %s | %.2f |\n", r.Row, thousands(m), r.Unit, thousands(r.Ours), r.Unit, r.Ours/m)
		}
	}
	return b.String()
}
