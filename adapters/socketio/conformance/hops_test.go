package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

const ownerAddress = "owner:80"

// hops are two gateways: one gets the handshakes, the other all requests of the sessions, which it
// passes on.
type hops struct{ owner, other gateway }

func (h hops) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("sid") {
		h.other.ServeHTTP(w, r)
		return
	}
	h.owner.ServeHTTP(w, r)
}

func (h hops) Close(ctx context.Context) error {
	return errors.Join(h.owner.Close(ctx), h.other.Close(ctx))
}

// gateway is the program's servers, each behind a Forwarder.
type gateway struct{ engine, socket *socketio.Forwarder }

func (g gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/engine.io/" {
		g.engine.ServeHTTP(w, r)
		return
	}
	g.socket.ServeHTTP(w, r)
}

func (g gateway) Close(ctx context.Context) error {
	return errors.Join(g.engine.Close(ctx), g.socket.Close(ctx))
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// newHops returns gateways of which dial reaches the owner.
func newHops(t *testing.T, dial dialFunc) hops {
	t.Helper()
	return hops{newGateway(t, ownerAddress, dial), newGateway(t, "other:80", dial)}
}

func newGateway(t *testing.T, address string, dial dialFunc) gateway {
	t.Helper()
	sealer, err := socketio.NewSealer(bytes.Repeat([]byte("k"), socketio.SealKeySize))
	require.NoError(t, err)
	cfg := config()
	cfg.NewSessionID = func() (string, error) { return sealer.Seal(address) }
	s, err := newServers(cfg)
	require.NoError(t, err)
	forward := socketio.ForwardConfig{Address: address, Sealer: sealer, Credential: "c", Dial: dial}
	engine, engineErr := socketio.NewForwarder(forward, s.engine)
	socket, socketErr := socketio.NewForwarder(forward, s.socket)
	require.NoError(t, errors.Join(engineErr, socketErr))
	return gateway{engine, socket}
}

// hopsInMemory returns a client of hops inside a synctest bubble.
func hopsInMemory(t *testing.T) *siotest.Client {
	t.Helper()
	t.Cleanup(func() { <-time.After(time.Second) }) // net/http lingers on a connection it closes early
	n := siotest.NewNetwork(t)
	h := newHops(t, n.Dial)
	n.Serve(ownerAddress, h.owner)
	n.Serve("front:80", h)
	return n.Client("front:80")
}
