package socketio

import (
	"context"
	"encoding/json"
	"fmt"

	"chatsystem/application/gateway"
	"chatsystem/domain"
	"chatsystem/ports"
)

// Gateway is the Handler of the chat gateway: it turns what clients emit into use cases. Drives: application/gateway.
// Implements: ports.FrameEncoder (Frames) and, for each connection, ports.Socket.
type Gateway struct {
	ctx          context.Context // of the process: use cases outlive no socket by more than their own deadlines
	accept       *gateway.Accept
	authenticate *gateway.Authenticate
	disconnect   *gateway.Disconnect
	pong         *Frame
}

var _ Handler = (*Gateway)(nil)

// NewGateway returns the handler. ctx is the one that use cases run in.
func NewGateway(ctx context.Context, a *gateway.Accept, auth *gateway.Authenticate, d *gateway.Disconnect) (*Gateway, error) {
	pong, err := NewFrame("pong")
	if err != nil {
		return nil, fmt.Errorf("encode pong: %w", err)
	}
	return &Gateway{ctx: ctx, accept: a, authenticate: auth, disconnect: d, pong: pong}, nil
}

// credentials is what a client authenticates with, in the CONNECT packet or by the authenticate event.
type credentials struct {
	Token string `json:"token"`
}

// Connect implements Handler. A token in the CONNECT packet saves the client a round trip.
func (g *Gateway) Connect(s *Socket, auth json.RawMessage) {
	g.accept.Execute(connection{s})
	var c credentials
	if err := json.Unmarshal(auth, &c); err == nil && c.Token != "" {
		g.authenticate.Execute(g.ctx, connection{s}, c.Token)
	}
}

// Event implements Handler. Events of other names are ignored, and who emits too many is sent away.
func (g *Gateway) Event(s *Socket, name string, args Args, _ Ack) {
	if !s.Spend() {
		g.authenticate.Dismiss(connection{s})
		return
	}
	switch name {
	case "authenticate":
		var c credentials
		if len(args.Values) > 0 && json.Unmarshal(args.Values[0], &c) != nil {
			c.Token = "" // refused as any other token that is none
		}
		g.authenticate.Execute(g.ctx, connection{s}, c.Token)
	case "ping":
		s.Send(g.pong)
	}
}

// Disconnect implements Handler. Who leaves without having authenticated loses the transport, too: joining anew must not
// give another ten seconds again and again.
func (g *Gateway) Disconnect(s *Socket, reason string) {
	authenticated := g.disconnect.Execute(g.ctx, domain.ConnectionID(s.ID()))
	if !authenticated && reason == ReasonClientLeft {
		s.Drop()
	}
}

// connection is a Socket as the use cases see it.
type connection struct{ *Socket }

var _ ports.Socket = connection{}

// ID implements ports.Socket.
func (c connection) ID() domain.ConnectionID { return domain.ConnectionID(c.Socket.ID()) }

// Send implements ports.Socket for what Frames made.
func (c connection) Send(f ports.Frame) { c.Socket.Send(f.(*Frame)) }

// Frames encodes events for all connections at once.
type Frames struct{}

var _ ports.FrameEncoder = Frames{}

// EncodeFrame implements ports.FrameEncoder.
func (Frames) EncodeFrame(name string, payload any) (ports.Frame, error) {
	return NewFrame(name, payload)
}
