package gateway

import (
	"context"
	"log/slog"
	"time"

	"chatsystem/domain"
	"chatsystem/ports"
)

const expireInterval = time.Second

// Expire drops connections that do not authenticate in time, and those whose token has expired.
type Expire struct {
	connections *Connections
	frames      frames
	clock       ports.Clock
	log         *slog.Logger
}

// NewExpire returns the use case; Run does its work.
func NewExpire(c *Connections, e ports.FrameEncoder, clock ports.Clock, log *slog.Logger) *Expire {
	return &Expire{c, frames{e}, clock, log}
}

// Run looks once a second until ctx ends.
func (uc *Expire) Run(ctx context.Context) {
	for {
		select {
		case <-time.After(expireInterval):
			uc.Execute()
		case <-ctx.Done():
			return
		}
	}
}

// Execute drops what is overdue now, at the transport level: a client with a fresh token comes back by itself.
func (uc *Expire) Execute() {
	unauthenticated, expired := uc.connections.overdue(uc.clock())
	for _, s := range unauthenticated {
		s.Drop()
	}
	if len(expired) == 0 {
		return
	}
	f, err := uc.frames.fault(domain.ErrTokenExpired)
	if err != nil {
		uc.log.Error("encode error event", "error", err)
	}
	for _, s := range expired {
		if err == nil {
			s.Send(f)
		}
		s.Drop()
	}
}
