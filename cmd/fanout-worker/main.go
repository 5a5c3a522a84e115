// Command fanout-worker brings events to the gateways of their receivers.
package main

import (
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

func main() {
	program.Service("fanout-worker", "Brings events to the gateways of their receivers", wiring.FanoutWorker)
}
