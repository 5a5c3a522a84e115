//go:build integration

package socketio_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
)

// nodeGateway starts a gateway behind front. Clients of partner can end it.
func nodeGateway(t *testing.T, front *roundRobin, partner *nodePartner) *socketio.Forwarder {
	t.Helper()
	h := &mortal{nodePartner: partner}
	web, f := startGateway(t, nodeSettings(), h)
	h.die = func() {
		front.remove(f)
		web.CloseClientConnections()
		web.Close()
	}
	front.add(f)
	return f
}

// mortal is the partner on one gateway, which a client can end.
type mortal struct {
	*nodePartner
	die func()
}

func (m *mortal) Event(s *socketio.Socket, name string, args socketio.Args, ack socketio.Ack) {
	if name == "die" {
		go m.die()
		return
	}
	m.nodePartner.Event(s, name, args, ack)
}

// TestStockNodeClientWithoutStickySessions runs all that client.test.mjs asks of one server against
// two gateways of which each gets every other request, and then ends a gateway.
func TestStockNodeClientWithoutStickySessions(t *testing.T) {
	dir := nodeFolder(t)
	front, partner := &roundRobin{}, &nodePartner{counted: map[string]int{}}
	gateways := []*socketio.Forwarder{nodeGateway(t, front, partner), nodeGateway(t, front, partner)}
	web := httptest.NewServer(front)
	t.Cleanup(web.Close)

	t.Setenv("SERVER_URL", web.URL)
	run(t, dir, "node", "--test", "client.test.mjs")
	for _, f := range gateways {
		require.Greater(t, f.Forwarded(), int64(10))
		require.Zero(t, f.ForwardFailed())
		require.Eventually(t, func() bool { return f.Hops() == 0 }, 5*time.Second, 10*time.Millisecond)
	}
	run(t, dir, "node", "--test", "hop.test.mjs")
}
