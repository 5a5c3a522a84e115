// Command init makes what the services need besides the schema: the Kafka topics and the DynamoDB table. It runs before any
// service starts, any number of times.
package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/logsink"
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

const long = `Makes the Kafka topics and the DynamoDB table that are missing, and returns when they can be used. What is there is left as it is; a
table with another key is refused.`

func main() {
	program.Main(&cobra.Command{
		Use: "init", Short: "Make topics and table", Long: program.WithSettings[config.Init](long), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := program.Load[config.Init]()
			if err != nil {
				return err
			}
			return wiring.Init(cmd.Context(), cfg, wiring.NewLogger(logsink.Stderr(), slog.LevelInfo))
		},
	})
}
