// Command capacity works the model of docs/capacity.md out: what a peak of messages takes, and what a million of them costs. Its
// figures are the tables of that page; tests hold the counted ones to the code.
//
//	go run ./cmd/internal/capacity -peak 700000 -connections 50000000
//	go run ./cmd/internal/capacity -measured artifacts/bench-floor.jsonl   sets the model against what was measured here
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	page := flag.String("page", "docs/capacity.md", "where the figures are")
	measured := flag.String("measured", "", "rows of scripts/bench-floor to set the model against, instead")
	load := atPeak
	flag.Float64Var(&load.peak, "peak", load.peak, "messages a second")
	flag.Float64Var(&load.connections, "connections", load.connections, "clients that are connected")
	flag.Parse()
	if err := run(*page, *measured, load); err != nil {
		fmt.Fprintln(os.Stderr, "capacity:", err)
		os.Exit(1)
	}
}

func run(page, measured string, l load) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	f := figuresOf(string(text))
	table := l.table
	if measured != "" {
		rows, err := readRows(measured)
		if err != nil {
			return err
		}
		table = func(f figures) string { return check(f, rows, float64(runtime.NumCPU())) }
	}
	out := table(f)
	if len(f.missing) > 0 {
		return fmt.Errorf("%s does not say %v", page, f.missing)
	}
	_, err = fmt.Print(out)
	return err
}
