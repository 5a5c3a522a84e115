// Command chat runs the whole chat system in one process: `chat serve`.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is stamped by the build.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(run(ctx, os.Args[1:]))
}

// The exit codes besides 0.
const (
	exitFailure  = 1 // something went wrong while running
	exitSettings = 2 // settings or arguments are wrong
)

// run returns the exit code.
func run(ctx context.Context, args []string) int {
	cmd := command()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	var bad settingsError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		fmt.Fprintf(os.Stderr, "chat: these settings are wrong:\n%v\n", bad.error)
		return exitSettings
	default:
		fmt.Fprintf(os.Stderr, "chat: %v\n", err)
		return exitFailure
	}
}

// settingsError is what the person who starts the program has to change.
type settingsError struct{ error }

func command() *cobra.Command {
	root := &cobra.Command{
		Use: "chat", Short: "A real-time chat backend in one process", Version: version,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return settingsError{err} })
	root.AddCommand(serveCommand(), healthcheckCommand())
	return root
}

// welcome tells a newcomer where to go.
func welcome(addr net.Addr, dataDir string, memory bool) string {
	kept := "Everything is kept in " + dataDir + "."
	if memory {
		kept = "Nothing is kept: it is gone when the server stops."
	}
	url := "http://" + addr.String()
	return fmt.Sprintf(`
  Chat is running: %[1]s

  Open it in a browser and make an account, or:
    curl -s %[1]s/api/users/auth/register -H 'Content-Type: application/json' \
      -d '{"email":"ada@example.org","username":"ada","password":"correct horse"}'

  The API is described at %[1]s/openapi.json. %[2]s Ctrl-C stops it.

`, url, kept)
}
