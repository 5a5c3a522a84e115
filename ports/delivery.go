package ports

import (
	"context"

	"chatsystem/domain"
)

// Delivery is one event for some of the users that a gateway serves.
type Delivery struct {
	Event domain.Event
	Users []domain.UserID
}

// GatewayPublisher reaches gateways.
type GatewayPublisher interface {
	// Deliver sends deliveries to a gateway, in order. A gateway that is gone is no error: its connections are gone, too.
	Deliver(ctx context.Context, gw domain.GatewayID, deliveries []Delivery) error
}

// GatewayInbox is where a gateway receives.
type GatewayInbox interface {
	// Receive hands everything for the gateway to r, one call at a time, in order, until ctx ends. It calls r.Subscribed first of all and
	// again whenever something may have been lost in between.
	Receive(ctx context.Context, gw domain.GatewayID, r GatewayReceiver) error
}

// GatewayReceiver is what a gateway does with what it receives. Its methods must not block.
type GatewayReceiver interface {
	// Subscribed says that from here on everything is received; what was sent before may be lost.
	Subscribed()
	Deliver(d Delivery)
	// SessionsRevoked names sessions whose connections must close for good.
	SessionsRevoked(ids []domain.SessionID)
}

// Frame is an event encoded once and shared, read-only, by all the connections that receive it.
type Frame any

// FrameEncoder encodes events as connections send them.
type FrameEncoder interface {
	EncodeFrame(name string, payload any) (Frame, error)
}

// Socket is one realtime connection of a client. Its methods never block.
type Socket interface {
	ID() domain.ConnectionID
	// Client tells clients apart that have not said who they are: an address, or the network of an IPv6 one.
	Client() string
	// Send queues a frame behind those before it. A connection that cannot take one is cut: the client comes back and
	// catches up.
	Send(f Frame)
	// Disconnect ends the connection for good: a stock client does not come back by itself. What was sent before goes out first.
	Disconnect()
	// Drop ends the connection so that a stock client comes back by itself. What was sent before goes out first.
	Drop()
}
