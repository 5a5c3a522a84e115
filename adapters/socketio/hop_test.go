package socketio_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

// handlerFunc is an Endpoint without anything to close.
type handlerFunc func(w http.ResponseWriter, r *http.Request)

func (f handlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) { f(w, r) }
func (handlerFunc) Close(context.Context) error                        { return nil }

func TestTheSessionsOfADeadGatewayAreUnknown(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, s := owner.joinByPolling(t)
		s.Send(frame(t, "x"))
		require.Equal(t, `42["x"]`, other.Poll(sid).Body)
		waiting := other.StartPoll(t.Context(), sid)
		synctest.Wait()
		before := c.dials.Load()
		owner.kill()
		requireUnknown(t, <-waiting)
		require.Equal(t, before, c.dials.Load()) // it was not repeated
		requireUnknown(t, other.Poll(sid))
		requireUnknown(t, other.Post(sid, "3"))
		require.Equal(t, "Session ID unknown\n", other.RefusedWebSocket("EIO=4&transport=websocket&sid="+sid, nil).Body)
		require.Equal(t, before+3, c.dials.Load())
		require.EqualValues(t, 4, other.forwarder.ForwardFailed())

		again := other.Open() // what the client does then
		other.Push(again, "40")
		require.Contains(t, other.Poll(again).Body, `40{"sid":"`)
	})
}

// brokenOwner accepts connections, reads a request from each and does something else than answer it.
func (c *cluster) brokenOwner(t *testing.T, instead func(conn net.Conn)) (sid string, asked *atomic.Int64) {
	const address = "broken:8080"
	l := c.Listen(address)
	t.Cleanup(func() { l.Close() })
	asked = new(atomic.Int64)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				asked.Add(1)
				_, _ = io.Copy(io.Discard, r.Body)
				instead(conn)
			}()
		}
	}()
	return seal(t, c.sealer, address), asked
}

func TestAnAnswerThatDoesNotBeginMeansAnUnknownSession(t *testing.T) {
	cfg := socketio.DefaultConfig()
	get := func(m *member, sid string) siotest.Answer { return m.Poll(sid) }
	post := func(m *member, sid string) siotest.Answer { return m.Post(sid, "4") }
	hang := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) } // until the hop is given up
	hangUp := func(net.Conn) {}
	for name, tc := range map[string]struct {
		request func(m *member, sid string) siotest.Answer
		owner   func(conn net.Conn)
		within  time.Duration
	}{
		"GET, hangs up":       {get, hangUp, 0},
		"POST, hangs up":      {post, hangUp, 0},
		"GET, half a header":  {get, func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-") }, 0},
		"GET, something else": {get, func(conn net.Conn) { _, _ = io.WriteString(conn, "SSH-2.0-x\r\n") }, 0},
		"GET, hangs":          {get, hang, cfg.PingInterval + cfg.PingTimeout + socketio.HopSlack},
		"POST, hangs":         {post, hang, socketio.HopAnswerTimeout},
		"POST, switches to ws": {post, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inCluster(t, cfg, 1, func(t *testing.T, c *cluster) {
				m := c.members[0]
				sid, asked := c.brokenOwner(t, tc.owner)
				start := time.Now()
				requireUnknown(t, tc.request(m, sid))
				require.Equal(t, tc.within, time.Since(start))
				require.EqualValues(t, 1, asked.Load())
				require.EqualValues(t, 1, m.forwarder.ForwardFailed())
			})
		})
	}
}

func TestAWebSocketThatIsNotAnsweredIsRefused(t *testing.T) {
	inCluster(t, settings(), 1, func(t *testing.T, c *cluster) {
		sid, _ := c.brokenOwner(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
		start := time.Now()
		a := c.members[0].RefusedWebSocket("EIO=4&transport=websocket&sid="+sid, nil)
		require.Equal(t, "Session ID unknown\n", a.Body)
		require.Equal(t, socketio.HopAnswerTimeout, time.Since(start))
	})
}

func TestAGatewayThatCannotBeReachedIsNotWaitedFor(t *testing.T) {
	inCluster(t, settings(), 1, func(t *testing.T, c *cluster) {
		m := c.members[0]
		l := c.Listen("silent:8080") // nobody accepts
		defer l.Close()
		start := time.Now()
		requireUnknown(t, m.Poll(seal(t, c.sealer, "silent:8080")))
		require.Equal(t, socketio.HopDialTimeout, time.Since(start))
	})
}

func TestABrokenAnswerBreaksForTheClientAndIsNotAskedForAgain(t *testing.T) {
	const half = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n42[\"x\""
	cfg := settings()
	for name, tc := range map[string]struct {
		then   func(conn net.Conn)
		within time.Duration
	}{
		"hangs up": {func(net.Conn) {}, 0},
		"hangs":    {func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }, cfg.WriteTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			inCluster(t, cfg, 1, func(t *testing.T, c *cluster) {
				sid, asked := c.brokenOwner(t, func(conn net.Conn) {
					_, _ = io.WriteString(conn, half)
					tc.then(conn)
				})
				start := time.Now()
				a := <-c.members[0].StartPoll(t.Context(), sid)
				require.Error(t, a.Err)
				require.Equal(t, tc.within, time.Since(start))
				require.EqualValues(t, 1, asked.Load())
			})
		})
	}
}

func TestAClientThatGoesAwayTakesItsHopAlong(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, _ := owner.joinByPolling(t)
		ctx, cancel := context.WithCancel(t.Context())
		waiting := other.StartPoll(ctx, sid)
		synctest.Wait()
		require.Equal(t, 1, other.forwarder.Hops())
		cancel()
		require.ErrorIs(t, (<-waiting).Err, context.Canceled)
		synctest.Wait()
		require.Zero(t, other.forwarder.Hops())
		require.Zero(t, other.forwarder.ForwardFailed())
		require.Equal(t, "disconnect / "+socketio.ReasonTransportClose, owner.handler.lines()[1])
	})
}

func TestAClientThatDoesNotReadItsAnswerHoldsNoHop(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, s := owner.joinByPolling(t)
		s.Send(frame(t, "x", strings.Repeat("x", 100_000)))
		body := other.PollWithoutReading(sid)
		defer body.Close()
		waitFor(settings().WriteTimeout)
		require.Zero(t, other.forwarder.Hops())
	})
}

func TestHalfAPostIsNotPassedOn(t *testing.T) {
	inCluster(t, settings(), 2, func(t *testing.T, c *cluster) {
		owner, other := c.members[0], c.members[1]
		sid, _ := owner.joinByPolling(t)
		half := io.MultiReader(strings.NewReader(`42["half`), iotest.ErrReader(io.ErrClosedPipe))
		require.ErrorIs(t, other.PostBody(sid, half, "text/plain").Err, io.ErrClosedPipe)
		synctest.Wait()
		require.Zero(t, c.dials.Load())
		other.Push(sid, `42["whole"]`)
		require.Equal(t, []string{"connect / ", "event / whole"}, owner.handler.lines())
	})
}

func TestTheOwnerGetsTheClientsRequestAndTheClientTheOwnersAnswer(t *testing.T) {
	asked, body := make(chan *http.Request, 1), make(chan []byte, 1)
	owner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		asked <- r
		body <- sent
		w.Header().Set("X-Owner", "says this")
		w.Header().Set("X-Request-Id", "owner")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "whatever")
	}))
	defer owner.Close()

	sealer := newSealer(t, "k")
	server, _ := newServer(t, settings())
	forwarder, err := socketio.NewForwarder(socketio.ForwardConfig{Address: "127.0.0.1:1", Sealer: sealer, Credential: hopCredential}, server)
	require.NoError(t, err)
	c := siotest.Loopback(t, requestIDs{forwarder}).At("/ws/socket.io/")
	query := "EIO=4&transport=polling&t=a%20b&sid=" + seal(t, sealer, owner.Listener.Addr().String())
	a := c.Do(t.Context(), http.MethodPost, query, strings.NewReader("4x"), http.Header{
		"Cookie": {"a=b"}, "Origin": {"http://app.test"}, "X-Forwarded-For": {"203.0.113.7, 10.0.0.1"}, "X-Forwarded-Proto": {"https"},
		"Connection": {"X-Gateway-Hop, X-Forwarded-For"}, "Accept-Encoding": {"br"},
	})
	require.NoError(t, a.Err)
	require.Equal(t, http.StatusTeapot, a.Status)
	require.Equal(t, "whatever", a.Body)
	require.Equal(t, "says this", a.Header.Get("X-Owner"))
	require.Equal(t, []string{"front"}, a.Header["X-Request-Id"])

	r := <-asked
	require.Equal(t, "4x", string(<-body))
	require.Equal(t, "POST /ws/socket.io/?"+query, r.Method+" "+r.RequestURI)
	require.Equal(t, c.Host(), r.Host)
	require.Equal(t, "a=b", r.Header.Get("Cookie"))
	require.Equal(t, "http://app.test", r.Header.Get("Origin"))
	require.Equal(t, []string{"203.0.113.7, 10.0.0.1", "127.0.0.1"}, r.Header["X-Forwarded-For"])
	require.Equal(t, []string{"https"}, r.Header["X-Forwarded-Proto"])
	require.Equal(t, []string{hopCredential}, r.Header[socketio.HopHeader])
	require.Equal(t, "br", r.Header.Get("Accept-Encoding"))
	require.True(t, r.Close) // the connection serves nothing else
}

// requestIDs is a Forwarder behind a router that numbers requests.
type requestIDs struct{ *socketio.Forwarder }

func (h requestIDs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", "front")
	h.Forwarder.ServeHTTP(w, r)
}
