// Command gateway serves realtime connections.
package main

import (
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

func main() { program.Service("gateway", "Realtime connections", wiring.Gateway) }
