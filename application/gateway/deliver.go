package gateway

import (
	"log/slog"
	"sync/atomic"

	"chatsystem/domain"
	"chatsystem/ports"
)

// Deliver hands what reaches the gateway to its connections.
type Deliver struct {
	connections *Connections
	presence    *Presence
	encoder     ports.FrameEncoder
	log         *slog.Logger
	subscribed  atomic.Bool
}

var _ ports.GatewayReceiver = (*Deliver)(nil)

// NewDeliver returns the use case.
func NewDeliver(c *Connections, p *Presence, e ports.FrameEncoder, log *slog.Logger) *Deliver {
	return &Deliver{connections: c, presence: p, encoder: e, log: log}
}

// Subscribed implements ports.GatewayReceiver. Something may have been lost unless it is the first time and nobody was
// registered before.
func (uc *Deliver) Subscribed() {
	if uc.subscribed.Swap(true) || uc.connections.Authenticated() > 0 {
		signal(uc.presence.interrupted)
	}
}

// Ready tells whether the gateway receives.
func (uc *Deliver) Ready() bool { return uc.subscribed.Load() }

// Deliver implements ports.GatewayReceiver. The event is encoded once for all connections.
func (uc *Deliver) Deliver(d ports.Delivery) {
	f, err := uc.encoder.EncodeFrame(string(d.Event.Name), d.Event.Payload)
	if err != nil {
		uc.log.Error("event cannot be encoded", "event", d.Event.Name, "conversation_id", d.Event.Conversation, "error", err)
		return
	}
	uc.connections.sendToUsers(d.Users, f)
}

// SessionsRevoked implements ports.GatewayReceiver.
func (uc *Deliver) SessionsRevoked(ids []domain.SessionID) { uc.presence.dismiss(ids) }
