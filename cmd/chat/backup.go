package main

import (
	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

const backupHelp = `Copies the data folder (DATA_DIR), as it is at one moment, to a new folder: the database and the signing key. ` + "`chat serve`" + ` may
run meanwhile. Everything it acknowledged before is in the copy. To restore, start ` + "`chat serve`" + ` with the copy as DATA_DIR.`

func backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup TARGET", Short: "Copy the data folder while it is in use", Long: backupHelp, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := program.Load[config.Chat]()
			if err != nil {
				return err
			}
			return wiring.Backup(cmd.Context(), cfg.DataDir, args[0])
		},
	}
}
