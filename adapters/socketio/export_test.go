package socketio

import (
	"context"
	"net"
)

// LeaveTimeout is how long a client has to fetch its goodbye.
const LeaveTimeout = leaveTimeout

// How long hops may take.
const (
	HopDialTimeout   = hopDialTimeout
	HopAnswerTimeout = hopAnswerTimeout
	HopSlack         = hopSlack
)

// DialWith makes f reach other gateways through another network.
func (f *Forwarder) DialWith(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	f.transport = newHopTransport(dial)
}
