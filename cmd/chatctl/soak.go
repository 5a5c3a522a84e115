package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"chatsystem/cmd/chatctl/internal/bench"
	"chatsystem/cmd/chatctl/internal/soak"
	"chatsystem/cmd/internal/program"
)

const soakHelp = `Loads a server for a long time, in rounds, and watches what its processes hold: goroutines, memory, open files, keys.

In a round people write to each other, members leave groups and come back, and all connections of a crowd are lost at once and
come back; everybody signs in at its beginning and out at its end. After each round comes a rest, and what is held then must
not grow from rest to rest. The second half of the run is judged; the exit code is 1 if a leak is suspected or a promise was
broken.`

// soakOptions are the flags of the command.
type soakOptions struct {
	duration, round, rest time.Duration
	rate                  float64
	pairs                 int
	metrics, sqlite       []string
	redis                 []string
}

// soakResult is what the command prints as JSON.
type soakResult struct {
	soak.Report

	Messages bench.Verdict  `json:"messages"`
	Returns  int64          `json:"returns"` // of members who had left
	Errors   map[string]int `json:"errors,omitempty"`
}

func (a *app) benchSoak(o *benchOptions) *cobra.Command {
	var p soakOptions
	cmd := &cobra.Command{Use: "soak", Short: "Load a server for long, and look for what leaks", Long: soakHelp}
	cmd.Flags().DurationVar(&p.duration, "duration", 30*time.Minute, "how long; the round under way then is the last")
	cmd.Flags().DurationVar(&p.round, "round", 15*time.Second, "how long people write in each round")
	cmd.Flags().DurationVar(&p.rest, "rest", 3*time.Second, "how long the rest is after a round")
	cmd.Flags().Float64Var(&p.rate, "rate", 100, "messages per second")
	cmd.Flags().IntVar(&p.pairs, "pairs", 20, "how many pairs of people write")
	cmd.Flags().StringArrayVar(&p.metrics, "metrics", nil, "NAME=URL of a page of metrics to watch; repeat it for each process")
	cmd.Flags().StringArrayVar(&p.redis, "redis", nil, "NAME=HOST:PORT of a Redis whose keys are to be counted")
	cmd.Flags().StringArrayVar(&p.sqlite, "sqlite", nil, "NAME=FILE of a database whose size is to be watched")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		sources, err := p.sources()
		if err != nil {
			return usageError{err}
		}
		s, err := a.session()
		if err != nil {
			return err
		}
		server := a.serverOf(s)
		if err := a.mayLoad(cmd.Context(), server, o.elsewhere); err != nil {
			return usageError{err}
		}
		load := newSoakLoad(server, p)
		if err := load.messaging.Validate(); err != nil {
			return usageError{err}
		}
		report, err := soak.Run(cmd.Context(), soak.Config{
			Duration: p.duration, Rest: p.rest, Every: time.Second, Sources: sources, Round: load.round,
			Progress: func(rounds int, elapsed time.Duration) {
				a.say("round %d, %s of %s: %s", rounds, elapsed.Round(time.Second), p.duration, load.messages)
			},
		})
		if err != nil {
			return err
		}
		return a.showSoak(soakResult{report, load.messages, load.returns, load.errors}, o.plot)
	}
	return cmd
}

// sources are what is to be watched.
func (p soakOptions) sources() ([]soak.Source, error) {
	var all []soak.Source
	for _, kind := range []struct {
		flags []string
		open  func(name, where string) soak.Source
	}{{p.metrics, soak.Metrics}, {p.redis, soak.Redis}, {p.sqlite, soak.SQLite}} {
		for _, flag := range kind.flags {
			name, where, ok := strings.Cut(flag, "=")
			if !ok {
				return nil, fmt.Errorf("%q must be NAME=PLACE", flag)
			}
			all = append(all, kind.open(name, where))
		}
	}
	if all == nil {
		return nil, errors.New("nothing to watch: give --metrics, --redis or --sqlite")
	}
	return all, nil
}

// soakLoad is the load of all rounds. Its accounts are the same in each.
type soakLoad struct {
	server, seed, password string
	messaging              bench.Messaging
	churn                  bench.Churn
	reconnect              bench.Reconnect

	messages bench.Verdict
	returns  int64
	errors   map[string]int
}

func newSoakLoad(server string, p soakOptions) *soakLoad {
	return &soakLoad{
		server: server, seed: strings.ToLower(rand.Text()[:10]), password: rand.Text(),
		messaging: bench.Pairs(p.pairs, 100, p.rate, p.round),
		churn:     bench.Churn{Groups: 2, Members: 5, Duration: p.round},
		reconnect: bench.Reconnect{Users: 20, Count: 100, Messages: 5, Size: 300},
		errors:    map[string]int{},
	}
}

// round writes while members come and go, then has a crowd reconnect.
func (l *soakLoad) round(ctx context.Context) error {
	var written, churned, stormed bench.Result
	var both errgroup.Group
	both.Go(l.with("write", func(b *bench.Bench) (err error) { written, err = b.Messaging(ctx, l.messaging); return err }))
	both.Go(l.with("churn", func(b *bench.Bench) (err error) { churned, err = b.Churn(ctx, l.churn); return err }))
	if err := both.Wait(); err != nil {
		return err
	}
	err := l.with("storm", func(b *bench.Bench) (err error) { stormed, err = b.Reconnect(ctx, l.reconnect); return err })()
	if err != nil {
		return err
	}
	l.returns += churned.Latencies[0].Count
	for _, r := range []bench.Result{written, churned, stormed} {
		if r.Verdict != nil {
			l.messages.Add(*r.Verdict)
		}
		for kind, count := range r.Errors {
			l.errors[kind] += count
		}
	}
	return nil
}

// with runs a part of the load with accounts and connections of its own.
func (l *soakLoad) with(part string, run func(*bench.Bench) error) func() error {
	return func() error {
		b, err := bench.New(bench.Config{Server: l.server, UserAgent: "chatctl/" + program.Version, Seed: l.seed + "-" + part, Password: l.password})
		if err != nil {
			return err
		}
		defer b.Close()
		return run(b)
	}
}

func (a *app) showSoak(r soakResult, plot string) error {
	if plot != "" {
		var drawn strings.Builder
		_ = r.WriteSVG(&drawn) // a Builder takes everything
		if err := os.WriteFile(plot, []byte(drawn.String()), 0o600); err != nil {
			return fmt.Errorf("plot: %w", err)
		}
	}
	var text strings.Builder
	_ = r.WriteTable(&text)
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		fmt.Fprintf(&text, "errors: %s: %d\n", kind, r.Errors[kind])
	}
	fmt.Fprintf(&text, "\nMessages: %s %d members left and came back.\n%s", r.Messages, r.Returns, r.Verdict())
	if err := a.print(r, text.String()); err != nil {
		return err
	}
	if broken := append(r.Messages.Broken(), r.Suspects()...); broken != nil {
		return errors.New("the soak found: " + strings.Join(broken, "; "))
	}
	return nil
}
