package main

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/logsink"
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

const serveHelp = `Runs the whole system in one process until it is told to stop (Ctrl-C, SIGTERM). The data folder holds the database and the key
that signs access tokens; one process at a time uses it.`

func serveCommand() *cobra.Command {
	var memory bool
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the whole system", Long: program.WithSettings[config.Chat](serveHelp), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := program.Load[config.Chat]()
			if err != nil {
				return err
			}
			cfg.Memory = memory
			return serve(cmd.Context(), cfg)
		},
	}
	cmd.Flags().BoolVar(&memory, "memory", false, "keep nothing")
	return cmd
}

// serve runs until ctx ends or a part fails.
func serve(ctx context.Context, cfg config.Chat) error {
	log := wiring.NewLogger(logsink.Stderr(), cfg.LogLevel)
	return wiring.Run(ctx, wiring.Chat(ctx, cfg, log, func(addr net.Addr) {
		fmt.Print(welcome(addr, cfg.DataDir, cfg.Memory))
	}))
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
