// Package program is what the command lines of all programs have in common: help, version, exit codes, and the health check
// of those that serve.
package program

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/logsink"
	"chatsystem/cmd/internal/wiring"
)

// Version is stamped by the build.
var Version = "unknown"

// The exit codes besides 0.
const (
	exitFailure  = 1 // something went wrong while running
	exitSettings = 2 // settings or arguments are wrong
	exitStorage  = 3 // the database file is damaged, or could not be written safely
)

// Main runs a command until it is done or the process is told to stop, and exits.
func Main(root *cobra.Command) {
	// Whoever reads the log or the output may end before the program does.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:forbidigo // on behalf of main
	// A second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, root)
	logsink.Stderr().Flush()
	os.Exit(code)
}

// run returns the exit code; what failed is told in a sentence.
func run(ctx context.Context, root *cobra.Command) int {
	root.Version, root.SilenceUsage, root.SilenceErrors = Version, true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	needSubcommands(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(logsink.Stderr(), "%s: "+format+"\n", append([]any{root.Name()}, args...)...)
	}
	var settings settingsError
	var usage usageError
	switch {
	case errors.As(err, &settings):
		say("these settings are wrong:\n%v", settings.error)
		return exitSettings
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"): // cobra's own, which has no type
		say("%v; see %s --help", err, root.Name())
		return exitSettings
	case wiring.IsStorageFault(err):
		say("%v", err)
		return exitStorage
	default:
		say("%v", err)
		return exitFailure
	}
}

// needSubcommands has commands that do nothing by themselves ask for one that does, and all of them tell arguments that
// are wrong from work that failed.
func needSubcommands(c *cobra.Command) {
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, given []string) error {
			if err := args(c, given); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	if !c.Runnable() && c.HasSubCommands() {
		var names []string
		for _, sub := range c.Commands() {
			names = append(names, sub.Name())
		}
		c.RunE = func(*cobra.Command, []string) error {
			return usageError{fmt.Errorf("say what to do: %s", strings.Join(names, ", "))}
		}
	}
	for _, sub := range c.Commands() {
		needSubcommands(sub)
	}
}

// usageError is that the arguments are wrong.
type usageError struct{ error }

// settingsError is what the person who starts the program has to change.
type settingsError struct{ error }

// Load reads the settings of a program from its environment.
func Load[S config.Settings]() (S, error) {
	environment := config.Environment()
	for _, said := range config.Misspelt[S](environment) {
		_, _ = fmt.Fprintln(logsink.Stderr(), "warning: "+said)
	}
	s, err := config.Load[S](environment)
	if err != nil {
		return s, settingsError{err}
	}
	return s, nil
}

const settingsHelp = `%s

Settings are environment variables:
%s`

// WithSettings adds the variables of a program to what its help says of it.
func WithSettings[S config.Settings](long string) string {
	return fmt.Sprintf(settingsHelp, long, config.Help[S]())
}

// Service runs one of the services: without arguments it serves until it is told to stop.
func Service[S config.ServerSettings](name, short string, build func(context.Context, S, *slog.Logger) wiring.Build) {
	root := &cobra.Command{
		Use: name, Short: short, Long: WithSettings[S](short + "."), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := Load[S]()
			if err != nil {
				return err
			}
			return wiring.Run(cmd.Context(), build(cmd.Context(), cfg, wiring.NewJSONLogger(logsink.Stderr(), cfg.Level(), name)))
		},
	}
	root.AddCommand(Healthcheck[S]())
	Main(root)
}
