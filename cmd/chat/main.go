// Command chat runs the whole chat system in one process: `chat serve`.
package main

import (
	"github.com/spf13/cobra"

	"chatsystem/cmd/internal/config"
	"chatsystem/cmd/internal/program"
)

func main() {
	root := &cobra.Command{Use: "chat", Short: "A real-time chat backend in one process"}
	root.AddCommand(serveCommand(), backupCommand(), program.Healthcheck[config.Chat]())
	program.Main(root)
}
