package socketio_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio"
	"chatsystem/adapters/socketio/internal/siotest"
)

// waitFor lets virtual time pass and everything settle that is due by then.
func waitFor(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestDrainSpreadsTheGoodbyesAndServesUntilThen(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		for range 4 {
			ws, _ := w.join(t, "")
			go ws.Discard()
		}
		done := make(chan error, 1)
		start := time.Now()
		go func() { done <- w.server.Drain(t.Context(), 20*time.Second) }()
		synctest.Wait()
		for left := 3; left > 0; left-- {
			require.Equal(t, left, w.server.Sessions())
			waitFor(5 * time.Second)
		}
		require.NoError(t, <-done)
		require.Equal(t, 15*time.Second, time.Since(start)) // nobody waits after the last one
		require.Zero(t, w.server.Sessions())
	})
}

func TestADrainingServerTakesNoNewSessions(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		kept, s := w.join(t, "")
		other, _ := w.join(t, "")
		go other.Discard()
		done := make(chan error, 1)
		go func() { done <- w.server.Drain(t.Context(), time.Hour) }()
		synctest.Wait()
		require.Equal(t, http.StatusServiceUnavailable, w.Get("EIO=4&transport=polling").Status)
		require.Equal(t, http.StatusServiceUnavailable, w.RefusedWebSocket("EIO=4&transport=websocket", nil).Status)
		s.Send(frame(t, "still served")) // one of the two is, whichever was let go first
		kept.ReadOrCode()
		require.Equal(t, 1, w.server.Sessions())
		require.NoError(t, w.server.Close(t.Context()))
		waitFor(time.Hour)
		require.NoError(t, <-done)
	})
}

func TestClientsComeBackAfterADrain(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		ws, _ := w.join(t, "")
		sid, _ := w.joinByPolling(t)
		answer := w.StartPoll(t.Context(), sid)
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- w.server.Close(t.Context()) }()
		require.Equal(t, websocket.CloseServiceRestart, ws.ExpectClosed()) // no 41 before it
		ended := <-answer                                                  // not a close packet, which some clients take for the end of all
		require.Equal(t, http.StatusBadRequest, ended.Status)
		require.JSONEq(t, `{"code":1,"message":"Session ID unknown"}`, ended.Body)
		require.NoError(t, <-done)
		require.Equal(t, []string{
			"connect / ", "connect / ",
			"disconnect / " + socketio.ReasonShutdown, "disconnect / " + socketio.ReasonShutdown,
		}, w.handler.lines())
	})
}

func TestADrainThatTakesTooLongCutsWhatIsLeft(t *testing.T) {
	inBubble(t, settings(), func(t *testing.T, w world) {
		_, s := w.join(t, "")
		s.Send(frame(t, "nobody reads this")) // its session ends at once, its connection cannot
		_, s = w.join(t, "")
		for range 100 {
			s.Send(frame(t, "nor this"))
		}
		w.joinByPolling(t) // and does not poll again
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, w.server.Close(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
		synctest.Wait()
		require.Zero(t, w.server.Sessions())
		require.NoError(t, w.server.Close(t.Context()))
		require.Equal(t, time.Second, time.Since(start)) // nothing was left to wait for
		ended := "disconnect / " + socketio.ReasonShutdown
		require.Equal(t, []string{ended, ended, ended}, w.handler.lines()[3:])
	})
}

func TestAWebSocketThatArrivesAfterTheEndIsTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := newServer(t, settings())
		closed := make(chan error, 1)
		w := world{siotest.InMemory(t, slowArrivals{s, func() {
			go func() { closed <- s.Close(t.Context()) }()
			waitFor(socketio.LeaveTimeout)
		}}), h, s}
		require.Equal(t, websocket.CloseServiceRestart, w.WebSocket("").ExpectClosed())
		require.NoError(t, <-closed)
		require.Empty(t, h.lines())
	})
}

// slowArrivals is a server on which something happens between a WebSocket's request and its
// beginning.
type slowArrivals struct {
	*socketio.Server
	meanwhile func()
}

func (s slowArrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Server.ServeHTTP(slowHijacker{w, s.meanwhile}, r)
}

type slowHijacker struct {
	http.ResponseWriter
	meanwhile func()
}

func (h slowHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h.meanwhile()
	return h.ResponseWriter.(http.Hijacker).Hijack()
}

func TestCloseWaitsForTheLastDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slowLeaver{recorder: newRecorder()}
		s, err := socketio.NewServer(settings(), h)
		require.NoError(t, err)
		w := inMemory(t, s, h.recorder)
		ws, _ := w.join(t, "")
		go ws.Discard()
		require.NoError(t, s.Close(t.Context()))
		require.Contains(t, h.lines(), "left")
	})
}

type slowLeaver struct{ *recorder }

func (h *slowLeaver) Disconnect(*socketio.Socket, string) {
	<-time.After(time.Second)
	h.note("left")
}

func TestASettingThatMakesNoSenseIsRefused(t *testing.T) {
	cfg := socketio.Config{Namespaces: []string{"chat"}}
	_, err := socketio.NewServer(cfg, newRecorder())
	for _, what := range []string{
		"ping interval", "ping timeout", "connect timeout", "upgrade timeout", "write timeout",
		"max payload", "send queue", `namespace "chat"`,
	} {
		require.ErrorContains(t, err, what)
	}
	_, err = socketio.NewEchoServer(socketio.Config{})
	require.ErrorContains(t, err, "no namespaces")
	require.NoError(t, errors.Join(socketio.DefaultConfig().Validate()))
}
