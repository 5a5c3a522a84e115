package socketio_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

func TestAPollingSessionLivesOnWhicheverGatewayIsAsked(t *testing.T) {
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprint(n, " gateways"), func(t *testing.T) {
			inCluster(t, settings(), n, func(t *testing.T, c *cluster) {
				sid := c.front.Open()
				c.front.Push(sid, "40")
				require.Contains(t, c.front.Poll(sid).Body, `40{"sid":"`)
				owner := c.ownerOf(t)
				s := <-owner.handler.sockets

				want := []string{"connect / "}
				for i := range 7 * n {
					c.front.Push(sid, fmt.Sprintf(`42["up",%d]`, i), `451-["data",{"_placeholder":true,"num":0}]`, "bAQID")
					want = append(want, "event / up", "event / data")
					s.Send(frame(t, "down", i))
					s.Send(frame(t, "down", socketio.Binary{1, 2, 3}))
					require.Equal(t, fmt.Sprintf("42[\"down\",%d]\x1e451-[\"down\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID", i), c.front.Poll(sid).Body)
				}
				waiting := c.front.StartPoll(t.Context(), sid)
				synctest.Wait()
				s.Send(frame(t, "late"))
				require.Equal(t, `42["late"]`, (<-waiting).Body)
				c.front.Push(sid, "1")
				for range n {
					requireUnknown(t, c.front.Poll(sid))
				}
				synctest.Wait()
				require.Equal(t, append(want, "disconnect / "+socketio.ReasonTransportClose), owner.handler.lines())
				for _, m := range c.members {
					require.Zero(t, m.server.Sessions())
					require.Equal(t, m != owner, m.forwarder.Forwarded() > 0)
					require.Zero(t, m.forwarder.ForwardFailed())
					require.Zero(t, m.forwarder.Hops())
				}
			})
		})
	}
}

// ownerOf returns the gateway that has a session.
func (c *cluster) ownerOf(t *testing.T) *member {
	t.Helper()
	for _, m := range c.members {
		if m.server.Sessions() > 0 {
			return m
		}
	}
	require.Fail(t, "nobody has a session")
	return nil
}

func TestAPostIsBoundedAsByItsOwner(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, _ := owner.joinByPolling(t)
		largest := `42["` + strings.Repeat("x", settings().MaxPayload-len(`42[""]`)) + `"]`
		other.Push(sid, largest)
		hops := other.forwarder.Forwarded()
		require.Equal(t, http.StatusRequestEntityTooLarge, other.Post(sid, largest+" ").Status)
		chunked := io.MultiReader(strings.NewReader(largest), strings.NewReader(" "))
		require.Equal(t, http.StatusRequestEntityTooLarge, other.PostBody(sid, chunked, "text/plain").Status)
		require.Equal(t, hops, other.forwarder.Forwarded())

		require.Equal(t, http.StatusOK, other.PostBody(sid, io.MultiReader(strings.NewReader(`42["chunked"]`)), "text/plain").Status)
		require.Equal(t, `{"code":3,"message":"Bad request"}`, other.PostBody(sid, strings.NewReader("4"), "application/octet-stream").Body)
		require.Equal(t, http.StatusBadRequest, other.Post(sid, "").Status) // an empty payload ends the session
		requireUnknown(t, owner.Poll(sid))
		require.Equal(t, "event / chunked", owner.handler.lines()[2])
	})
}

func TestTheRulesAreThoseOfTheOwner(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, _ := owner.joinByPolling(t)
		for name, tc := range map[string]struct{ method, query, answer string }{
			"no such transport":  {http.MethodGet, "EIO=4&transport=pigeon&sid=" + sid, `{"code":0,"message":"Transport unknown"}`},
			"WebSocket by a GET": {http.MethodGet, "EIO=4&transport=websocket&sid=" + sid, `{"code":3,"message":"Bad request"}`},
			"no such method":     {http.MethodPut, "EIO=4&transport=polling&sid=" + sid, `{"code":3,"message":"Bad request"}`},
			"no session":         {http.MethodGet, "EIO=4&transport=polling&sid=" + seal(t, c.sealer, owner.address), unknownSession},
			"own address":        {http.MethodGet, "EIO=4&transport=polling&sid=" + seal(t, c.sealer, other.address), unknownSession},
		} {
			a := other.Do(t.Context(), tc.method, tc.query, nil, nil)
			require.NoError(t, a.Err, name)
			require.Equal(t, tc.answer, a.Body, name)
		}
		waiting := owner.StartPoll(t.Context(), sid)
		synctest.Wait()
		require.Equal(t, `{"code":3,"message":"Bad request"}`, other.Poll(sid).Body) // a second GET
		require.Equal(t, "1", (<-waiting).Body)
	})
}

func TestAForgedSessionIDCausesNoRequest(t *testing.T) {
	inCluster(t, settings(), 1, func(t *testing.T, c *cluster) {
		m := c.members[0]
		for name, sid := range forgeries(t, seal(t, c.sealer, "elsewhere:8080")) {
			t.Log(name)
			sid = url.QueryEscape(sid)
			requireUnknown(t, m.Poll(sid))
			requireUnknown(t, m.Post(sid, "4"))
			a := m.RefusedWebSocket("EIO=4&transport=websocket&sid="+sid, nil)
			require.Equal(t, http.StatusBadRequest, a.Status)
			require.Equal(t, "Session ID unknown\n", a.Body)
		}
		require.Zero(t, c.dials.Load())
		require.Zero(t, m.forwarder.Forwarded())
	})
}

func TestARequestIsPassedOnOnce(t *testing.T) {
	const sessionQuery = "EIO=4&transport=polling&sid="
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, s := owner.joinByPolling(t)

		hop := http.Header{socketio.HopHeader: {hopCredential}}
		requireUnknown(t, other.Do(t.Context(), http.MethodGet, sessionQuery+sid, nil, hop))
		require.Zero(t, c.dials.Load())

		for _, spoofed := range []string{"", "1", hopCredential + "x", strings.ToUpper(hopCredential)} {
			s.Send(frame(t, "x"))
			hop := http.Header{socketio.HopHeader: {spoofed}}
			require.Equal(t, `42["x"]`, other.Do(t.Context(), http.MethodGet, sessionQuery+sid, nil, hop).Body)
		}
		require.EqualValues(t, 4, other.forwarder.Forwarded())

		// An address that leads to a gateway which knows itself by another name.
		alias := c.add(t, settings(), socketio.ForwardConfig{Address: "alias:8080"})
		alias.kill()
		c.Serve("alias:8080", other.forwarder)
		before := c.dials.Load()
		requireUnknown(t, other.Poll(seal(t, c.sealer, "alias:8080")))
		require.Equal(t, before+1, c.dials.Load())
	})
}

func TestHopsAreBounded(t *testing.T) {
	inCluster(t, settings(), 1, func(t *testing.T, c *cluster) {
		sid, s := c.members[0].joinByPolling(t)
		sid2, s2 := c.members[0].joinByPolling(t)
		narrow := c.add(t, settings(), socketio.ForwardConfig{Address: "narrow:8080", MaxHops: 1})
		waiting := narrow.StartPoll(t.Context(), sid)
		synctest.Wait()
		require.Equal(t, 1, narrow.forwarder.Hops())
		require.Equal(t, http.StatusServiceUnavailable, narrow.Poll(sid2).Status)
		require.EqualValues(t, 1, narrow.forwarder.ForwardFailed())
		s.Send(frame(t, "x"))
		require.Equal(t, `42["x"]`, (<-waiting).Body)
		s2.Send(frame(t, "y"))
		require.Equal(t, `42["y"]`, narrow.Poll(sid2).Body)
		require.EqualValues(t, 2, narrow.forwarder.Forwarded())
	})
}

func TestADrainingGatewayPassesPollingOn(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, leaving := c.members[0], c.members[1]
		sid, s := owner.joinByPolling(t)
		upgraded, _ := owner.joinByPolling(t)
		var tunnels []*siotest.WebSocket
		for range 2 {
			ws, _ := leaving.upgradeOf(t, owner)
			tunnels = append(tunnels, ws)
		}
		require.Equal(t, 2, leaving.forwarder.Tunnels())

		start, done := time.Now(), make(chan error, 1)
		go func() { done <- leaving.forwarder.Drain(t.Context(), 10*time.Second) }()
		ended := make(chan time.Duration, 2)
		for _, ws := range tunnels {
			go func() { ws.Discard(); ended <- time.Since(start) }()
		}
		synctest.Wait()
		s.Send(frame(t, "x"))
		require.Equal(t, `42["x"]`, leaving.Poll(sid).Body)
		require.Equal(t, http.StatusBadRequest, leaving.RefusedWebSocket("EIO=4&transport=websocket&sid="+upgraded, nil).Status)
		require.Equal(t, []time.Duration{0, 5 * time.Second}, []time.Duration{<-ended, <-ended})
		require.NoError(t, <-done)
		s.Send(frame(t, "y"))
		require.Equal(t, `42["y"]`, leaving.Poll(sid).Body)
		synctest.Wait()
		require.Equal(t, 2, owner.server.Sessions())
		require.Zero(t, leaving.forwarder.Tunnels())
	})
}

func TestForwardingSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	server, _ := newServer(t, settings())
	_, err := socketio.NewForwarder(socketio.ForwardConfig{Address: "gateway", MaxHops: -1}, server)
	for _, what := range []string{`address "gateway"`, "no sealer", "credential", "max hops"} {
		require.ErrorContains(t, err, what)
	}
	require.ErrorContains(t, socketio.ForwardConfig{Credential: "read from a file\n"}.Validate(), "credential")
	for _, address := range []string{":8080", "host:", "host:0", "host:65536", "host:http", "http://host:80/", strings.Repeat("x", 300) + ":80"} {
		require.ErrorContains(t, socketio.ForwardConfig{Address: address}.Validate(), "address", address)
	}
}
