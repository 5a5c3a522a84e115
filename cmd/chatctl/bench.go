package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"chatsystem/cmd/chatctl/internal/bench"
	"chatsystem/cmd/internal/program"
)

const benchHelp = `Puts load on a server and tells how it fared. The server must run with RATE_LIMITS=off; BCRYPT_COST=4 makes accounts quickly.

What is due when is fixed beforehand, and every duration counts from when its request was due (an open loop): a server that
stalls is not spared what its users would have sent meanwhile. With messages comes a verdict: sent, acknowledged, delivered,
lost, duplicated, reordered. The exit code is 1 if a promise was broken.

Accounts are made by the run. With --seed they have names that another run finds again; their password is CHATCTL_PASSWORD.`

// benchOptions are the flags of all scenarios.
type benchOptions struct {
	seed      string
	plot      string
	elsewhere bool // --yes-load-this-server
	search    bool
	limit     time.Duration
	watch     []int
	atOnce    int
}

func (a *app) benchCommand() *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{Use: "bench", Short: "Load a server and judge it: latencies, throughput, what was lost", Long: benchHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&o.seed, "seed", "", "use the accounts of this name, and make those that are missing")
	cmd.PersistentFlags().StringVar(&o.plot, "plot", "", "draw the latencies to this file, as SVG")
	cmd.PersistentFlags().BoolVar(&o.elsewhere, "yes-load-this-server", false, "load a server on another machine than this")
	cmd.PersistentFlags().IntSliceVar(&o.watch, "watch", nil, "process ids of the server on this machine: tell what they use")
	cmd.AddCommand(a.benchPairs(&o), a.benchGroup(&o), a.benchConnections(&o), a.benchHistory(&o), a.benchReconnect(&o), a.benchSoak(&o))
	for _, c := range cmd.Commands() {
		c.Args = cobra.NoArgs
		markUsage(c)
	}
	return cmd
}

// searchFlags are for scenarios with a rate.
func (o *benchOptions) searchFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.search, "search", false, "look for the highest rate that is kept up with, beginning at --rate")
	cmd.Flags().IntVar(&o.atOnce, "at-once", 0, "instead of --rate: so many requests under way all the time, to see how many are done")
	cmd.Flags().DurationVar(&o.limit, "limit", 500*time.Millisecond, "with --search: what 99 of 100 must be done within")
}

// checkLoop refuses a closed loop with the flags of an open one.
func (o *benchOptions) checkLoop(cmd *cobra.Command) error {
	if o.atOnce > 0 && (o.search || cmd.Flags().Changed("rate")) {
		return errors.New("--at-once goes with neither --rate nor --search")
	}
	return nil
}

// loadFlags are the rate, whose value is the default, and the duration.
func loadFlags(cmd *cobra.Command, rate *float64, unit string, duration *time.Duration) {
	cmd.Flags().Float64Var(rate, "rate", *rate, unit+" per second")
	cmd.Flags().DurationVar(duration, "duration", 10*time.Second, "how long")
}

func (a *app) benchPairs(o *benchOptions) *cobra.Command {
	var pairs, size int
	return a.messagingCommand(o, &cobra.Command{Use: "pairs", Short: "People write to each other in direct conversations"}, 200, func(cmd *cobra.Command) {
		cmd.Flags().IntVar(&pairs, "pairs", 100, "how many pairs of people")
		cmd.Flags().IntVar(&size, "size", 100, "characters of a message")
	}, func(rate float64, over time.Duration) bench.Messaging { return bench.Pairs(pairs, size, rate, over) })
}

func (a *app) benchGroup(o *benchOptions) *cobra.Command {
	var members, senders, size int
	return a.messagingCommand(o, &cobra.Command{Use: "group", Short: "Some write into a group, and all of its members receive"}, 20, func(cmd *cobra.Command) {
		cmd.Flags().IntVar(&members, "members", 100, "how many members, all connected")
		cmd.Flags().IntVar(&senders, "senders", 8, "how many of them write")
		cmd.Flags().IntVar(&size, "size", 100, "characters of a message")
	}, func(rate float64, over time.Duration) bench.Messaging {
		return bench.Group(members, senders, size, rate, over)
	})
}

// messagingCommand completes a command for a plan of messages.
func (a *app) messagingCommand(
	o *benchOptions, cmd *cobra.Command, rate float64, flags func(*cobra.Command), plan func(float64, time.Duration) bench.Messaging,
) *cobra.Command {
	var duration time.Duration
	loadFlags(cmd, &rate, "messages", &duration)
	o.searchFlags(cmd)
	flags(cmd)
	planned := func() bench.Messaging {
		p := plan(rate, duration)
		if p.AtOnce = o.atOnce; p.AtOnce > 0 {
			p.Rate = 0
		}
		return p
	}
	validate := func() error { return cmp.Or(o.checkLoop(cmd), planned().Validate()) }
	cmd.RunE = a.measured(o, validate, func(ctx context.Context, b *bench.Bench) (bench.Result, error) {
		if o.search {
			return b.SearchMessaging(ctx, planned(), bench.Search{From: rate, Limit: o.limit})
		}
		return b.Messaging(ctx, planned())
	})
	return cmd
}

func (a *app) benchConnections(o *benchOptions) *cobra.Command {
	var p bench.Connections
	cmd := &cobra.Command{Use: "connections", Short: "Many connections are opened and kept"}
	cmd.Flags().IntVar(&p.Count, "connections", 1000, "how many")
	cmd.Flags().IntVar(&p.Users, "users", 100, "how many users share them")
	cmd.Flags().Float64Var(&p.Rate, "rate", 200, "connections opened per second")
	cmd.Flags().DurationVar(&p.Hold, "hold", 30*time.Second, "how long they are kept")
	cmd.RunE = a.measured(o, p.Validate, func(ctx context.Context, b *bench.Bench) (bench.Result, error) { return b.Connections(ctx, p) })
	return cmd
}

func (a *app) benchHistory(o *benchOptions) *cobra.Command {
	var p bench.History
	p.Rate = 50
	cmd := &cobra.Command{Use: "history", Short: "Pages of a long conversation are read"}
	loadFlags(cmd, &p.Rate, "pages", &p.Duration)
	o.searchFlags(cmd)
	cmd.Flags().IntVar(&p.Messages, "messages", 10_000, "how many messages the conversation has")
	cmd.Flags().IntVar(&p.Size, "size", 2000, "characters of a message")
	cmd.Flags().IntVar(&p.Page, "page", 200, "messages of a page")
	planned := func() bench.History {
		if p.AtOnce = o.atOnce; p.AtOnce > 0 {
			p.Rate = 0
		}
		return p
	}
	validate := func() error { return cmp.Or(o.checkLoop(cmd), planned().Validate()) }
	cmd.RunE = a.measured(o, validate, func(ctx context.Context, b *bench.Bench) (bench.Result, error) {
		if o.search {
			return b.SearchHistory(ctx, planned(), bench.Search{From: p.Rate, Limit: o.limit})
		}
		return b.History(ctx, planned())
	})
	return cmd
}

func (a *app) benchReconnect(o *benchOptions) *cobra.Command {
	var p bench.Reconnect
	cmd := &cobra.Command{Use: "reconnect", Short: "All connections are lost and come back at once, and catch up"}
	cmd.Flags().IntVar(&p.Count, "connections", 1000, "how many")
	cmd.Flags().IntVar(&p.Users, "users", 100, "how many users share them, in pairs")
	cmd.Flags().IntVar(&p.Messages, "messages", 20, "how many each has to catch up with")
	cmd.Flags().IntVar(&p.Size, "size", 100, "characters of a message")
	cmd.RunE = a.measured(o, p.Validate, func(ctx context.Context, b *bench.Bench) (bench.Result, error) { return b.Reconnect(ctx, p) })
	return cmd
}

// measured runs a scenario and shows its result.
func (a *app) measured(o *benchOptions, validate func() error, run func(context.Context, *bench.Bench) (bench.Result, error)) runner {
	return func(cmd *cobra.Command, _ []string) error {
		if err := validate(); err != nil {
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
		password := a.env["CHATCTL_PASSWORD"]
		if o.seed == "" {
			password = ""
		} else if password == "" {
			return usageError{errors.New("accounts that are used again need a password: set CHATCTL_PASSWORD")}
		}
		shown := a.steps()
		b, err := bench.New(bench.Config{Server: server, UserAgent: "chatctl/" + program.Version, Seed: o.seed, Password: password, Watch: o.watch, Progress: shown.show})
		if err != nil {
			return usageError{err}
		}
		defer b.Close()
		result, err := run(cmd.Context(), b)
		shown.finish()
		if err != nil {
			return err
		}
		result.Scenario = cmd.Name()
		return a.showResult(result, o.plot)
	}
}

func (a *app) showResult(result bench.Result, plot string) error {
	if plot != "" {
		var drawn strings.Builder
		_ = result.WriteSVG(&drawn) // a Builder takes everything
		if err := os.WriteFile(plot, []byte(drawn.String()), 0o600); err != nil {
			return fmt.Errorf("plot: %w", err)
		}
	}
	var table strings.Builder
	_ = result.WriteTable(&table)
	if err := a.print(result, strings.TrimSuffix(table.String(), "\n")); err != nil {
		return err
	}
	if result.Failed() {
		return errors.New("a promise was broken: " + strings.Join(result.Verdict.Broken(), "; "))
	}
	return nil
}

// mayLoad lets only this machine be loaded, unless the person insists.
func (a *app) mayLoad(ctx context.Context, server string, insists bool) error {
	u, err := url.Parse(server)
	if err != nil || insists {
		return err
	}
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, u.Hostname())
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if !address.IP.IsLoopback() {
			return fmt.Errorf("%s is another machine: add --yes-load-this-server if it is yours to load", u.Hostname())
		}
	}
	return nil
}
