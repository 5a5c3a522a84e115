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

// run measures and shows the table, also if it could not finish: of the scenarios that it did.
func run(ctx context.Context, s setup, p measurements, only, out, docs string) error {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	var report report
	failed := report.measure(ctx, s, p, only, out)
	fmt.Println(report.table())
	if failed != nil || docs == "" {
		return failed
	}
	return replaceSection(docs, report.table())
}

// measure takes one scenario after the other and keeps what it found after each. One that fails does not keep the others
// from being measured.
func (r *report) measure(ctx context.Context, s setup, p measurements, only, out string) (failed error) {
	began := time.Now()
	say := func(pass int, sc scenario, t target) {
		fmt.Fprintf(os.Stderr, "%5.0fs  %s, pass %d of %d, %s\n", time.Since(began).Seconds(), sc.name, pass+1, p.passes, t)
	}
	for _, sc := range p.scenarios {
		if !strings.Contains(sc.name, only) || ctx.Err() != nil {
			continue
		}
		if err := r.passes(ctx, s, sc, p.passes, say); err != nil {
			fmt.Fprintln(os.Stderr, err)
			failed = errors.Join(failed, err)
		}
		if err := r.save(out); err != nil {
			return err
		}
	}
	return errors.Join(failed, ctx.Err())
}

// passes puts a scenario's loads on both servers in turn.
func (r *report) passes(ctx context.Context, s setup, sc scenario, passes int, say func(int, scenario, target)) error {
	for pass := range passes {
		for _, t := range []target{baseline, ours} {
			say(pass, sc, t)
			results, err := s.measure(ctx, t, sc)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", sc.name, t, err)
			}
			r.add(sc, t, results)
		}
	}
	return nil
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
