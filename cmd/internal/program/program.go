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
	"syscall"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/wiring"
)

// Version is stamped by the build.
var Version = "unknown"

// The exit codes besides 0.
const (
	exitFailure  = 1 // something went wrong while running
	exitSettings = 2 // settings or arguments are wrong
)

// Main runs a command until it is done or the process is told to stop, and exits.
func Main(root *cobra.Command) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:forbidigo // on behalf of main
	// A second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, root))
}

// run returns the exit code.
func run(ctx context.Context, root *cobra.Command) int {
	root.Version, root.SilenceUsage, root.SilenceErrors = Version, true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return settingsError{err} })
	err := root.ExecuteContext(ctx)
	var bad settingsError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		fmt.Fprintf(os.Stderr, "%s: these settings are wrong:\n%v\n", root.Name(), bad.error)
		return exitSettings
	default:
		fmt.Fprintf(os.Stderr, "%s: %v\n", root.Name(), err)
		return exitFailure
	}
}

// settingsError is what the person who starts the program has to change.
type settingsError struct{ error }

// Load reads the settings of a program from its environment.
func Load[S config.Settings]() (S, error) {
	s, err := config.Load[S](config.Environment())
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
			return wiring.Run(cmd.Context(), build(cmd.Context(), cfg, wiring.NewJSONLogger(os.Stderr, cfg.Level(), name)))
		},
	}
	root.AddCommand(Healthcheck[S]())
	Main(root)
}
