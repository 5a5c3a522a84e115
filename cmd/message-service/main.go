// Command message-service takes messages and serves their history.
package main

import (
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

func main() {
	program.Service("message-service", "Sending and history of messages", wiring.MessageService)
}
