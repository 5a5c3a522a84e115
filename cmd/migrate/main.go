// Command migrate brings the Postgres schema up to date. It runs before any service starts; no service migrates by itself.
package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/logsink"
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

func main() {
	root := &cobra.Command{Use: "migrate", Short: "Bring the Postgres schema up to date", Long: program.WithSettings[config.Migrate]("Brings the Postgres schema up to date, before any service starts.")}
	root.AddCommand(
		&cobra.Command{Use: "up", Short: "Apply what is pending; several at once wait for one another", Args: cobra.NoArgs, RunE: up},
		&cobra.Command{Use: "status", Short: "List the steps and when they were applied", Args: cobra.NoArgs, RunE: status},
	)
	program.Main(root)
}

func up(cmd *cobra.Command, _ []string) error {
	cfg, err := program.Load[config.Migrate]()
	if err != nil {
		return err
	}
	return wiring.MigrateUp(cmd.Context(), cfg, wiring.NewLogger(logsink.Stderr(), slog.LevelInfo))
}

func status(cmd *cobra.Command, _ []string) error {
	cfg, err := program.Load[config.Migrate]()
	if err != nil {
		return err
	}
	return wiring.MigrationStatus(cmd.Context(), cfg, wiring.NewLogger(logsink.Stderr(), slog.LevelWarn), cmd.OutOrStdout())
}
