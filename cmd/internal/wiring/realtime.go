package wiring

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/socketio"
	"chatsystem/application/gateway"
	"chatsystem/domain"
	"chatsystem/ports"
)

// realtimePaths are where clients find Socket.IO: the documented path, and the one of the documented snippet.
var realtimePaths = []string{"/ws/socket.io", "/socket.io"}

// realtime is the Socket.IO server of a gateway.
var realtime = fx.Options(
	fx.Provide(newGatewayID, socketio.NewGateway, newSocketServer, newCalm),
	background((*calm).Run),
	bind(func() socketio.Frames { return socketio.Frames{} }, as[ports.FrameEncoder]()),
)

func newGatewayID(uuids ports.UUIDs) domain.GatewayID { return domain.GatewayID(uuids()) }

// connectTimeout is how long a connection may stay without joining a namespace; then it has as long to authenticate.
const connectTimeout = 10 * time.Second

// AllowedOrigins are the web pages elsewhere that may connect.
type AllowedOrigins []string

type socketParts struct {
	fx.In

	Gateway    *socketio.Gateway
	Origins    AllowedOrigins
	Registry   prometheus.Registerer
	SessionIDs sessionIDs `optional:"true"`
}

// sessionIDs makes the ids of Engine.IO sessions.
type sessionIDs func() (string, error)

func newSocketServer(p socketParts) (*socketio.Server, error) {
	watched, err := watchSockets(p.Registry, p.Gateway)
	if err != nil {
		return nil, err
	}
	cfg := socketio.DefaultConfig()
	cfg.ConnectTimeout = connectTimeout
	cfg.ClientOf = httpapi.ClientKey
	cfg.CheckOrigin = socketio.AllowOrigins(p.Origins)
	cfg.NewSessionID = p.SessionIDs
	return socketio.NewServer(cfg, watched)
}

// inbox is what a gateway receives by.
type inbox struct {
	fx.In

	Gateway domain.GatewayID
	Inbox   ports.GatewayInbox
	Deliver *gateway.Deliver
	Log     *slog.Logger
}

const receiveAgain = time.Second

// receive keeps the gateway's subscription up.
func receive(in inbox, ctx context.Context) { //nolint:revive // the shape of background
	for ctx.Err() == nil {
		if err := in.Inbox.Receive(ctx, in.Gateway, in.Deliver); err != nil && ctx.Err() == nil {
			in.Log.Warn("gateway inbox, will subscribe again", "error", err)
			select {
			case <-time.After(receiveAgain):
			case <-ctx.Done():
			}
		}
	}
}
