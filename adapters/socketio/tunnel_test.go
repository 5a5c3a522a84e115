package socketio_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

// upgradeOf moves a polling session of owner to a WebSocket by way of m.
func (m *member) upgradeOf(t *testing.T, owner *member) (*siotest.WebSocket, *socketio.Socket) {
	t.Helper()
	sid, s := owner.joinByPolling(t)
	ws := m.WebSocket(sid)
	ws.Send("2probe")
	ws.Expect("3probe")
	ws.Send("5")
	synctest.Wait()
	return ws, s
}

func TestAnUpgradeMayComeToAnotherGateway(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, s := owner.joinByPolling(t)
		waiting := other.StartPoll(t.Context(), sid)
		synctest.Wait()
		ws := other.WebSocket(sid)
		ws.Send("2probe")
		ws.Expect("3probe")
		require.Equal(t, "6", (<-waiting).Body)
		s.Send(frame(t, "between"))
		ws.Send("5")
		ws.Expect(`42["between"]`)

		long := strings.Repeat("x", settings().MaxPayload-100)
		want := []string{"connect / "}
		for i := range 50 {
			ws.Send(fmt.Sprintf(`42["up%d","%s"]`, i, long))
			want = append(want, fmt.Sprintf("event / up%d", i))
			s.Send(frame(t, "down", i, long))
			ws.Expect(fmt.Sprintf(`42["down",%d,"%s"]`, i, long))
		}
		synctest.Wait()
		require.Equal(t, want, owner.handler.lines())
		require.Equal(t, `{"code":3,"message":"Bad request"}`, other.Poll(sid).Body)
		require.Equal(t, 1, other.forwarder.Tunnels())
		require.Equal(t, 1, other.forwarder.Hops())
	})
}

func TestATunnelEndsAsSoonAsEitherEndDoes(t *testing.T) {
	for name, tc := range map[string]struct {
		end    func(owner *member, ws *siotest.WebSocket, s *socketio.Socket)
		code   int
		reason string
	}{
		"the client says so": {
			func(_ *member, ws *siotest.WebSocket, _ *socketio.Socket) { ws.Send("1") },
			websocket.CloseNormalClosure, socketio.ReasonTransportClose,
		},
		"the client is gone": {
			func(_ *member, ws *siotest.WebSocket, _ *socketio.Socket) { ws.Cut() },
			0, socketio.ReasonTransportClose,
		},
		"the owner says so": {
			func(_ *member, _ *siotest.WebSocket, s *socketio.Socket) { s.Drop() },
			websocket.CloseServiceRestart, socketio.ReasonServerDrop,
		},
		"the owner disconnects": {
			func(owner *member, _ *siotest.WebSocket, s *socketio.Socket) { s.Disconnect() },
			websocket.CloseNormalClosure, socketio.ReasonServerLeft,
		},
	} {
		t.Run(name, func(t *testing.T) {
			inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
				owner, other := c.members[0], c.members[1]
				ws, s := other.upgradeOf(t, owner)
				start := time.Now()
				tc.end(owner, ws, s)
				if tc.code != 0 {
					code := 0
					for code == 0 {
						_, code = ws.ReadOrCode()
					}
					require.Equal(t, tc.code, code)
				}
				synctest.Wait()
				require.Zero(t, time.Since(start))
				require.Zero(t, other.forwarder.Hops())
				require.Zero(t, other.forwarder.Tunnels())
				require.Equal(t, []string{"connect / ", "disconnect / " + tc.reason}, owner.handler.lines())
			})
		})
	}
}

func TestATunnelLivesAsLongAsItsSession(t *testing.T) {
	cfg := socketio.DefaultConfig()
	inCluster(t, cfg, 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, s := owner.joinByPolling(t)
		ws := other.WebSocket(sid)
		waitFor(cfg.UpgradeTimeout - time.Second) // before it says anything
		ws.Send("2probe")
		ws.Expect("3probe")
		ws.Send("5")
		for range 5 {
			ws.Expect("2")
			waitFor(cfg.PingTimeout - time.Second)
			ws.Send("3")
		}
		synctest.Wait()
		s.Send(frame(t, "x"))
		ws.Expect(`42["x"]`)
	})
}

// A pipe has one way to close, a TCP connection two: the client's half may stay open for ever.
func TestATunnelDoesNotWaitForTheClientsHalf(t *testing.T) {
	h := newRecorder()
	_, owner := startGateway(t, settings(), h)
	_, other := startGateway(t, settings(), newRecorder())
	sid, s := world{Client: siotest.Loopback(t, owner), handler: h}.joinByPolling(t)
	ws := siotest.Loopback(t, other).WebSocket(sid)
	ws.Send("2probe")
	ws.Expect("3probe")
	ws.Send("5")
	s.Send(frame(t, "x"))
	ws.Expect(`42["x"]`)
	s.Drop()
	require.Equal(t, websocket.CloseServiceRestart, ws.ExpectClosed())
	require.Eventually(t, func() bool { return other.Tunnels() == 0 }, 5*time.Second, time.Millisecond)
}

func TestATunnelWhoseClientDoesNotReadIsCut(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		_, s := other.upgradeOf(t, owner)
		s.Send(frame(t, "nobody reads this"))
		waitFor(settings().WriteTimeout)
		require.Zero(t, other.forwarder.Tunnels())
		require.Equal(t, "disconnect / "+socketio.ReasonTransportClose, owner.handler.lines()[1])
	})
}

func TestATunnelWhoseOwnerHangsIsCut(t *testing.T) {
	cfg := socketio.DefaultConfig()
	inCluster(t, cfg, 1, func(t *testing.T, c *cluster) {
		m := c.members[0]
		var upgrader websocket.Upgrader
		c.Serve("hangs:8080", handlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, err := upgrader.Upgrade(w, r, nil)
			if err == nil {
				_ = conn.WriteMessage(websocket.TextMessage, []byte("3probe"))
				<-t.Context().Done()
				conn.Close()
			}
		}))
		ws := m.WebSocket(seal(t, c.sealer, "hangs:8080"))
		ws.Expect("3probe")
		start := time.Now()
		go func() { _ = ws.TrySend("this blocks, nobody reads it") }()
		ws.ExpectClosed()
		require.Equal(t, cfg.PingInterval+cfg.PingTimeout+socketio.HopSlack, time.Since(start))
		synctest.Wait()
		require.Zero(t, m.forwarder.Hops())
	})
}
