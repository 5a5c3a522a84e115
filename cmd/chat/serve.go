package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/wiring"
)

const serveHelp = `Runs the whole system in one process until it is told to stop (Ctrl-C, SIGTERM).

Settings are environment variables:
%s
The data folder holds the database and the key that signs access tokens; one process at a time uses it.`

func serveCommand() *cobra.Command {
	var memory bool
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the whole system", Long: fmt.Sprintf(serveHelp, config.ChatHelp()), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.LoadChat(config.Environment())
			if err != nil {
				return settingsError{err}
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
	log := wiring.NewLogger(os.Stderr, cfg.LogLevel)
	return wiring.Run(ctx, wiring.Chat(ctx, cfg, log, func(addr net.Addr) {
		fmt.Print(welcome(addr, cfg.DataDir, cfg.Memory))
	}))
}
