package gateway

import (
	"context"
	"time"

	"chatsystem/ports"
)

// Drain lets every connection go before the process ends.
type Drain struct {
	accept      *Accept
	connections *Connections
}

// NewDrain returns the use case.
func NewDrain(a *Accept, c *Connections) *Drain { return &Drain{a, c} }

// Execute refuses new connections, then drops the others one by one, spread over period, so that their clients do not
// come back all at once. Each is served until it is dropped. It ends early when ctx does.
func (uc *Drain) Execute(ctx context.Context, period time.Duration) {
	uc.accept.draining.Store(true)
	sockets := uc.connections.sockets()
	if len(sockets) == 0 {
		return
	}
	step := period / time.Duration(len(sockets))
	for _, s := range sockets {
		s.Drop()
		if ctx.Err() == nil {
			sleep(ctx, step)
		}
	}
}

// sockets returns all sockets.
func (c *Connections) sockets() []ports.Socket {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]ports.Socket, 0, len(c.byID))
	for _, conn := range c.byID {
		all = append(all, conn.socket)
	}
	return all
}
