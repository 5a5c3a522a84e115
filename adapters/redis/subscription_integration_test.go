//go:build integration

package redis_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/redis"
	"chatsystem/domain"
	"chatsystem/ports"
)

const patience = 10 * time.Second

// listener collects what a gateway receives.
type listener struct {
	subscribed chan struct{}
	deliveries chan ports.Delivery
	revoked    chan []domain.SessionID
}

func (l *listener) Subscribed()                            { l.subscribed <- struct{}{} }
func (l *listener) Deliver(d ports.Delivery)               { l.deliveries <- d }
func (l *listener) SessionsRevoked(ids []domain.SessionID) { l.revoked <- ids }

// listen receives for gw-1 until the test ends, and returns once it is subscribed.
func listen(t *testing.T, bus *redis.GatewayBus) *listener {
	t.Helper()
	l := &listener{make(chan struct{}, 100), make(chan ports.Delivery, 100), make(chan []domain.SessionID, 100)}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- bus.Receive(ctx, "gw-1", l) }()
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, soon(t, ended), context.Canceled)
	})
	soon(t, l.subscribed)
	return l
}

func soon[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

func deliver(t *testing.T, bus *redis.GatewayBus, seqs ...domain.Seq) {
	t.Helper()
	var deliveries []ports.Delivery
	for _, seq := range seqs {
		deliveries = append(deliveries, ports.Delivery{Event: domain.Event{Name: domain.EventMessageNew, Conversation: "c", Seq: seq}})
	}
	require.NoError(t, bus.Deliver(t.Context(), "gw-1", deliveries))
}

func TestSubscriptionThatIsCutIsMadeAgain(t *testing.T) {
	c := open(t)
	bus := newBus(t, c)
	l := listen(t, bus)
	deliver(t, bus, 1)
	require.EqualValues(t, 1, soon(t, l.deliveries).Event.Seq)

	kill(t, c)
	deliver(t, bus, 2) // while nobody listens
	soon(t, l.subscribed)
	deliver(t, bus, 3)
	require.EqualValues(t, 3, soon(t, l.deliveries).Event.Seq)
	ids := []domain.SessionID{"s"}
	require.NoError(t, redis.NewRevocations(c).AnnounceRevoked(t.Context(), ids, time.Minute))
	require.Equal(t, ids, soon(t, l.revoked), "on both channels")
	require.Empty(t, l.subscribed, "one interruption is told once")
}

// kill cuts the client's subscriptions.
func kill(t *testing.T, c *redis.Client) {
	t.Helper()
	list, err := c.Raw().Do(t.Context(), "CLIENT", "LIST", "TYPE", "pubsub").Text()
	require.NoError(t, err)
	killed := 0
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if slices.Contains(fields, "name="+c.Raw().Options().ClientName) {
			require.NoError(t, c.Raw().ClientKillByFilter(t.Context(), "ID", strings.TrimPrefix(fields[0], "id=")).Err())
			killed++
		}
	}
	require.Equal(t, 1, killed)
}

func TestSubscriptionThatIsDeadWithoutAnErrorIsNoticed(t *testing.T) {
	path := newPath(t)
	c := openAt(t, path.address)
	bus := newBus(t, c)
	bus.Hurry()
	l := listen(t, bus)

	path.swallow()
	soon(t, l.subscribed)
	outside := newBus(t, c)
	require.Eventually(t, func() bool { // pooled connections are dead, too: each fails once
		return outside.Deliver(t.Context(), "gw-1", []ports.Delivery{{Event: domain.Event{Seq: 7}}}) == nil
	}, patience, time.Millisecond)
	require.EqualValues(t, 7, soon(t, l.deliveries).Event.Seq)
}

func TestQuietSubscriptionIsKept(t *testing.T) {
	bus := newBus(t, open(t))
	bus.Hurry()
	l := listen(t, bus)
	select { // nothing is delivered for longer than a silence may last: the heartbeats are heard
	case <-l.subscribed:
		require.FailNow(t, "a subscription that works was made again")
	case d := <-l.deliveries:
		require.FailNow(t, "a heartbeat was delivered", "%v", d)
	case <-time.After(time.Second):
	}
}

func TestMessageThatCannotBeReadIsAGap(t *testing.T) {
	c := open(t)
	bus := newBus(t, c)
	l := listen(t, bus)
	channel := c.Raw().Options().ClientName + ":gateway:gw-1:channel"
	for _, message := range []string{"nonsense", `{"v":2,"deliveries":[]}`} {
		require.NoError(t, c.Raw().Publish(t.Context(), channel, message).Err())
		soon(t, l.subscribed)
	}
	deliver(t, bus, 1)
	require.EqualValues(t, 1, soon(t, l.deliveries).Event.Seq)
}

// The library subscribes again by itself where it replaces a connection; all that shows it is another confirmation.
func TestRepeatedConfirmationsAreAGap(t *testing.T) {
	path := newPath(t)
	bus := newBus(t, openAt(t, path.address))
	l := listen(t, bus)
	for range 2 {
		for _, channel := range []string{"one", "other"} {
			path.say(t, fmt.Sprintf(">3\r\n$9\r\nsubscribe\r\n$%d\r\n%s\r\n:2\r\n", len(channel), channel))
		}
		soon(t, l.subscribed)
	}
	deliver(t, bus, 1)
	require.EqualValues(t, 1, soon(t, l.deliveries).Event.Seq)
	require.Empty(t, l.subscribed, "told once for all channels")
}

// path is a way to the server that can swallow what the server says on the connections there are, without closing them,
// and put words into its mouth.
type path struct {
	address string

	mu       sync.Mutex
	swallows []*swallower
}

type swallower struct {
	net.Conn
	mu         sync.Mutex
	dead       bool
	subscribed bool // it answered a SUBSCRIBE
}

func (s *swallower) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return len(b), nil
	}
	s.subscribed = s.subscribed || bytes.Contains(b, []byte("subscribe"))
	return s.Conn.Write(b)
}

func newPath(t *testing.T) *path {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &path{address: in.Addr().String()}
	t.Cleanup(func() { in.Close() })
	go func() {
		for {
			client, err := in.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address())
			if err != nil {
				client.Close()
				return
			}
			s := &swallower{Conn: client}
			p.mu.Lock()
			p.swallows = append(p.swallows, s)
			p.mu.Unlock()
			go func() {
				_, _ = io.Copy(server, client)
				server.Close()
			}()
			go func() {
				_, _ = io.Copy(s, server)
				client.Close()
			}()
		}
	}()
	return p
}

func (p *path) swallow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.swallows {
		s.mu.Lock()
		s.dead = true
		s.mu.Unlock()
	}
}

// say sends words on the connection that has subscribed.
func (p *path) say(t *testing.T, words string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.swallows {
		s.mu.Lock()
		subscribed := s.subscribed
		s.mu.Unlock()
		if subscribed {
			_, err := s.Write([]byte(words))
			require.NoError(t, err)
			return
		}
	}
	require.FailNow(t, "nobody subscribed")
}
