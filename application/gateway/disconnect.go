package gateway

import (
	"context"

	"chatsystem/domain"
)

// Disconnect forgets a connection that has closed.
type Disconnect struct {
	connections *Connections
	presence    *Presence
}

// NewDisconnect returns the use case.
func NewDisconnect(c *Connections, p *Presence) *Disconnect { return &Disconnect{c, p} }

// Execute forgets the connection, then takes its presence back. It tells whether the connection had a user.
func (uc *Disconnect) Execute(ctx context.Context, id domain.ConnectionID) bool {
	lease, ok := uc.connections.remove(id)
	if ok {
		uc.presence.leave(ctx, lease)
	}
	return ok
}
