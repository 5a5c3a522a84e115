// Command chat-service serves conversations, members and invites, and counts their messages.
package main

import (
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

func main() {
	program.Service("chat-service", "Conversations, members, invites and the counters of messages", wiring.ChatService)
}
