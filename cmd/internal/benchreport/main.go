// Benchreport measures `chat serve` beside the server that a user would write by hand (testdata/baseline), with the same load
// from chatctl, in alternating passes on one machine, and prints how many times better or worse ours is.
// scripts/bench-report runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	var s setup
	var quick bool
	var only, docs, out string
	flag.StringVar(&s.bin, "bin", "", "folder of chat and chatctl")
	flag.StringVar(&s.baseline, "baseline", "", "folder of the baseline's server.js, installed")
	flag.StringVar(&s.postgres, "postgres", "", "URL of the baseline's Postgres, without a database")
	flag.IntVar(&s.postgresPID, "postgres-pid", 0, "its process")
	flag.IntVar(&s.port, "port", 0, "port of ours; the baseline's is the next")
	flag.StringVar(&s.work, "work", "", "folder for data and logs")
	flag.BoolVar(&quick, "quick", false, "one short pass: a glance, not a measurement")
	flag.StringVar(&only, "only", "", "only the scenarios whose names hold this")
	flag.StringVar(&out, "out", "", "folder for the table and all results")
	flag.StringVar(&docs, "docs", "", "page to put the table into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, plan(quick), only, out, docs); err != nil {
		fmt.Fprintln(os.Stderr, "bench-report:", err)
		stop()
		os.Exit(1)
	}
}

// run measures, scenario by scenario, and writes what it found after each: an interrupted run leaves what it has.
func run(ctx context.Context, s setup, p measurements, only, out, docs string) error {
	var report report
	began := time.Now()
	for _, sc := range p.scenarios {
		if !strings.Contains(sc.name, only) {
			continue
		}
		for pass := range p.passes {
			for _, target := range []target{baseline, ours} {
				fmt.Fprintf(os.Stderr, "%5.0fs  %s, pass %d of %d, %s\n", time.Since(began).Seconds(), sc.name, pass+1, p.passes, target)
				results, err := s.measure(ctx, target, sc)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", sc.name, target, err)
				}
				report.add(sc, target, results)
			}
		}
		if err := report.save(out); err != nil {
			return err
		}
	}
	table := report.table()
	fmt.Println(table)
	if docs == "" {
		return nil
	}
	return replaceSection(docs, table)
}

// save writes the table and every result to the folder.
func (r *report) save(folder string) error {
	if folder == "" {
		return nil
	}
	return errors.Join(
		os.MkdirAll(folder, 0o750),
		os.WriteFile(filepath.Join(folder, "table-a.md"), []byte(r.table()), 0o600),
		writeJSON(filepath.Join(folder, "results.json"), r.Runs),
	)
}
