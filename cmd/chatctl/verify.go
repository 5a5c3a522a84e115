package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/verify"
	"chatsystem/cmd/internal/wiring"
)

const verifyHelp = `Checks that what is stored keeps the system's promises: every number of every conversation is a message or a void, nothing is
there twice, previews begin their texts, unread counts are what counting gives, groups have at most 100 members.

Without --store it reads, through the API, what the signed-in user may read. An operator reads the stores themselves:
  --store sqlite:PATH   the database of "chat serve", or a copy of it
  --store services      what the five services share: POSTGRES_DSN, DYNAMODB_ENDPOINT, DYNAMODB_TABLE, AWS_REGION

--repair, for operators, says what would mend the logs after a store was restored from a backup: numbers that were lost become
voids, and the counter is lifted to what is stored. With --apply it does so. Nothing that is stored is changed or removed.
The exit code is 1 if a promise is broken and was not mended.`

// verifyOptions are the flags of verify.
type verifyOptions struct {
	store         string
	texts         int
	repair, apply bool
}

func (a *app) verifyCommand() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{Use: "verify", Short: "Check that stored data keeps the promises", Long: verifyHelp, Args: cobra.NoArgs}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case o.apply && !o.repair:
			return usageError{errors.New("--apply goes with --repair")}
		case o.store != "":
			return a.verifyStores(cmd.Context(), o)
		case o.repair:
			return usageError{errors.New("only an operator can repair: give --store")}
		default:
			return a.verifyAsUser(cmd.Context(), o.texts)
		}
	}
	cmd.Flags().StringVar(&o.store, "store", "", "read this store instead of the API: sqlite:PATH or services")
	cmd.Flags().IntVar(&o.texts, "texts", 100, "check the whole texts of at most so many long messages of a conversation, the newest; -1: all")
	cmd.Flags().BoolVar(&o.repair, "repair", false, "say what would mend the logs after a restore")
	cmd.Flags().BoolVar(&o.apply, "apply", false, "with --repair: do it")
	return cmd
}

func (a *app) verifyAsUser(ctx context.Context, texts int) error {
	c, _, err := a.account()
	if err != nil {
		return err
	}
	shown := a.steps()
	report, err := verify.AsUser(ctx, c, texts, shown.of("verify"))
	shown.finish()
	if err != nil {
		return err
	}
	return a.showReport(report)
}

// openStores opens the stores that --store names.
func (a *app) openStores(ctx context.Context, o verifyOptions) (verify.Stores, func() error, error) {
	if path, ok := strings.CutPrefix(o.store, "sqlite:"); ok {
		return wiring.StoresInFile(ctx, path, o.apply)
	}
	if o.store != "services" {
		return verify.Stores{}, nil, usageError{fmt.Errorf("--store must be sqlite:PATH or services, is %q", o.store)}
	}
	cfg, err := config.Load[config.Stores](a.env)
	if err != nil {
		return verify.Stores{}, nil, usageError{fmt.Errorf("these settings are wrong:\n%w", err)}
	}
	return wiring.StoresOfServices(ctx, cfg)
}

func (a *app) verifyStores(ctx context.Context, o verifyOptions) (err error) {
	stores, closing, err := a.openStores(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	shown := a.steps()
	report, plans, err := verify.Check(ctx, stores, o.texts, shown.of("verify"))
	shown.finish()
	if err != nil {
		return err
	}
	if !o.repair {
		return a.showReport(report)
	}
	if !o.apply {
		for _, p := range plans {
			if err := a.print(repairResult{p.String(), false}, "would repair "+p.String()); err != nil {
				return err
			}
		}
		return a.showReport(report)
	}
	applied := func(p verify.Plan) error { return a.print(repairResult{p.String(), true}, "repaired "+p.String()) }
	if err := verify.Apply(ctx, stores, plans, applied); err != nil {
		return err
	}
	after, _, err := verify.Check(ctx, stores, o.texts, shown.of("verify again"))
	shown.finish()
	if err != nil {
		return err
	}
	return a.showReport(after)
}

// repairResult is a part of a repair, done or proposed.
type repairResult struct {
	Plan    string `json:"repair"`
	Applied bool   `json:"applied"`
}

// showReport prints what was found; a violation is a failure.
func (a *app) showReport(r verify.Report) error {
	if r.Violations == nil {
		r.Violations = []verify.Violation{}
	}
	var text strings.Builder
	for _, v := range r.Violations {
		text.WriteString(v.String() + "\n")
	}
	if err := a.print(r, text.String()+r.String()); err != nil {
		return err
	}
	if n := len(r.Violations); n > 0 {
		return fmt.Errorf("%d violations", n)
	}
	return nil
}
