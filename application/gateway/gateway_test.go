package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/application/gateway"
	"chatsystem/domain"
	"chatsystem/ports"
)

// fakeSocket records what a client would receive, in order.
type fakeSocket struct {
	id     domain.ConnectionID
	client string
	mu     sync.Mutex
	in     []string
}

func (s *fakeSocket) ID() domain.ConnectionID { return s.id }
func (s *fakeSocket) Client() string          { return s.client }
func (s *fakeSocket) Send(f ports.Frame)      { s.record(f.(string)) }
func (s *fakeSocket) Disconnect()             { s.record("DISCONNECT") }
func (s *fakeSocket) Drop()                   { s.record("DROP") }

func (s *fakeSocket) record(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in = append(s.in, what)
}

func (s *fakeSocket) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.in)
}

// textFrames encodes an event as its name and payload.
type textFrames struct{}

func (textFrames) EncodeFrame(name string, payload any) (ports.Frame, error) {
	text, err := json.Marshal(payload)
	return name + " " + string(text), err
}

// knownTokens verifies tokens from a table; of one it cannot tell.
type knownTokens map[string]ports.AccessClaims

const unsettled = "of a key that cannot be had"

func (k knownTokens) VerifyAccess(token string) (ports.AccessClaims, error) {
	if token == unsettled {
		return ports.AccessClaims{}, fmt.Errorf("keys: %w", domain.ErrUnavailable)
	}
	c, ok := k[token]
	if !ok {
		return ports.AccessClaims{}, domain.ErrTokenInvalid
	}
	return c, nil
}

// flakyPresence is a presence registry that can be down.
type flakyPresence struct {
	*memory.Presence
	down      atomic.Bool
	late      atomic.Bool // takes effect, and says that it failed
	leaveDown atomic.Bool
	renewing  atomic.Pointer[func()] // called once, while the next renewal that works is under way
	leaving   atomic.Pointer[func()] // likewise
}

func (p *flakyPresence) Renew(ctx context.Context, gw domain.GatewayID, l []domain.Lease) ([]domain.Lease, error) {
	if p.down.Load() {
		return nil, errors.New("registry is down")
	}
	missing, err := p.Presence.Renew(ctx, gw, l)
	if p.late.Load() {
		return nil, errors.New("no answer from the registry")
	}
	if meanwhile := p.renewing.Swap(nil); meanwhile != nil {
		(*meanwhile)()
	}
	return missing, err
}

func (p *flakyPresence) Leave(ctx context.Context, gw domain.GatewayID, l []domain.Lease) error {
	if p.leaveDown.Load() {
		return errors.New("registry is down")
	}
	if meanwhile := p.leaving.Swap(nil); meanwhile != nil {
		(*meanwhile)()
	}
	return p.Presence.Leave(ctx, gw, l)
}

// revokedSessions answers which sessions have ended, unless it is down: then it knows of some at most.
type revokedSessions struct {
	ended []domain.SessionID
	known []domain.SessionID
	down  atomic.Bool
}

func (r *revokedSessions) Revoked(_ context.Context, ids []domain.SessionID) ([]domain.SessionID, error) {
	if r.down.Load() {
		return r.known, errors.New("nobody can tell")
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id domain.SessionID) bool { return !slices.Contains(r.ended, id) }), nil
}

const (
	self   domain.GatewayID = "gateway-1"
	ada    domain.UserID    = "ada"
	ben    domain.UserID    = "ben"
	laptop domain.SessionID = "ada-laptop"
	phone  domain.SessionID = "ada-phone"
)

// bench is a gateway with its parts at hand. It runs in a bubble of testing/synctest: its time is virtual.
type bench struct {
	t            *testing.T
	presence     *flakyPresence
	revoked      *revokedSessions
	accept       *gateway.Accept
	authenticate *gateway.Authenticate
	disconnect   *gateway.Disconnect
	deliver      *gateway.Deliver
	connections  *gateway.Connections
	keeper       *gateway.Presence
}

func newBench(t *testing.T) *bench {
	quiet := slog.New(slog.DiscardHandler)
	in := time.Now().Add(15 * time.Minute)
	tokens := knownTokens{
		"ada-laptop":       {User: ada, Session: laptop, ExpiresAt: in},
		"ada-laptop-later": {User: ada, Session: laptop, ExpiresAt: in.Add(15 * time.Minute)},
		"ada-phone":        {User: ada, Session: phone, ExpiresAt: in},
		"ben":              {User: ben, Session: "ben", ExpiresAt: in},
	}
	b := &bench{t: t, presence: &flakyPresence{Presence: memory.NewPresence(time.Now)}, revoked: &revokedSessions{}, connections: gateway.NewConnections(0)}
	keeper := gateway.NewPresence(self, b.connections, b.presence, b.revoked, textFrames{}, quiet)
	b.keeper = keeper
	b.accept = gateway.NewAccept(b.connections, time.Now)
	b.authenticate = gateway.NewAuthenticate(b.connections, tokens, keeper, b.revoked, textFrames{}, time.Now, quiet)
	b.disconnect = gateway.NewDisconnect(b.connections, keeper)
	b.deliver = gateway.NewDeliver(b.connections, keeper, textFrames{}, quiet)
	expire := gateway.NewExpire(b.connections, textFrames{}, time.Now, quiet)

	ctx, cancel := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	loops.Go(func() { keeper.Run(ctx) })
	loops.Go(func() { expire.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		loops.Wait()
	})
	return b
}

// in runs a test in a bubble, with a gateway that receives.
func in(t *testing.T, test func(t *testing.T, b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deliver.Subscribed()
		test(t, b)
	})
}

// connect opens a connection and authenticates it.
func (b *bench) connect(id domain.ConnectionID, token string) *fakeSocket {
	s := &fakeSocket{id: id}
	b.accept.Execute(s)
	b.authenticate.Execute(b.t.Context(), s, token)
	return s
}

func (b *bench) send(text string, users ...domain.UserID) {
	b.deliver.Deliver(ports.Delivery{
		Event: domain.Event{Name: domain.EventMessageNew, Payload: json.RawMessage(`"` + text + `"`)}, Users: users,
	})
}

const (
	helloAda = `authenticated {"userId":"ada"}`
	one      = `message:new "one"`
)

func TestAuthentication(t *testing.T) {
	t.Run("every connection of a user hears events, each of them after authenticated", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			first, second, other := b.connect("1", "ada-laptop"), b.connect("2", "ada-phone"), b.connect("3", "ben")
			b.send("one", ada)
			assert.Equal(t, []string{helloAda, one}, first.received())
			assert.Equal(t, []string{helloAda, one}, second.received())
			assert.Equal(t, []string{`authenticated {"userId":"ben"}`}, other.received())
		})
	})
	t.Run("a token that is none ends the connection for good, with the reason", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "forged")
			require.Len(t, s.received(), 2)
			assert.Contains(t, s.received()[0], `"code":"token_invalid"`)
			assert.Equal(t, "DISCONNECT", s.received()[1])
			b.send("one", ada, "")
			assert.Len(t, s.received(), 2, "it hears nothing")
		})
	})
	t.Run("a token that cannot be checked now drops the connection, so that its client comes back with it", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			fresh, served := b.connect("1", unsettled), b.connect("2", "ada-laptop")
			b.authenticate.Execute(t.Context(), served, unsettled)
			assert.Equal(t, []string{"DROP"}, fresh.received(), "no error: nothing is wrong with the token")
			assert.Equal(t, []string{helloAda, "DROP"}, served.received())
		})
	})
	t.Run("another user's token ends the connection", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "ada-laptop")
			b.authenticate.Execute(t.Context(), s, "ben")
			assert.Contains(t, s.received()[1], `"code":"token_invalid"`)
			assert.Equal(t, "DISCONNECT", s.received()[2])
		})
	})
	t.Run("a token that expired within the leeway of requests opens no connection", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			pass(15 * time.Minute)
			s := b.connect("1", "ada-laptop")
			assert.Contains(t, s.received()[0], `"code":"token_expired"`)
			assert.Equal(t, "DISCONNECT", s.received()[1])
		})
	})
	t.Run("a session that was signed out cannot connect", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			b.revoked.ended = []domain.SessionID{laptop}
			s := b.connect("1", "ada-laptop")
			assert.Contains(t, s.received()[0], `"code":"session_revoked"`)
			assert.Equal(t, "DISCONNECT", s.received()[1])
		})
	})
	t.Run("a user has a limited number of connections, and another in the place of one that is gone", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			for n := range domain.MaxConnectionsPerUser {
				s := b.connect(domain.ConnectionID(fmt.Sprint(n)), "ada-laptop")
				require.Equal(t, []string{helloAda}, s.received())
			}
			s := b.connect("more", "ada-phone")
			assert.Contains(t, s.received()[0], `"code":"too_many_connections"`)
			assert.Equal(t, "DISCONNECT", s.received()[1])
			b.disconnect.Execute(t.Context(), "more")
			assert.Equal(t, []string{`authenticated {"userId":"ben"}`}, b.connect("ben", "ben").received(), "others are free to come")
			b.disconnect.Execute(t.Context(), "7")
			assert.Equal(t, []string{helloAda}, b.connect("again", "ada-phone").received())
		})
	})
	t.Run("of those who say nothing a limited number waits", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			silent := func(n int) *fakeSocket {
				s := &fakeSocket{id: domain.ConnectionID(fmt.Sprint(n))}
				b.accept.Execute(s)
				return s
			}
			for n := range 4096 {
				require.Empty(t, silent(n).received())
			}
			assert.Equal(t, []string{"DROP"}, silent(4096).received())
			b.disconnect.Execute(t.Context(), "0")
			assert.Equal(t, []string{helloAda}, b.connect("ada", "ada-laptop").received())
		})
	})
	t.Run("a session that was signed out connects while nobody can tell, and is closed when somebody can", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			b.revoked.ended = []domain.SessionID{laptop}
			b.revoked.down.Store(true)
			s := b.connect("1", "ada-laptop")
			pass(2 * domain.LeaseRenewal)
			assert.Equal(t, []string{helloAda}, s.received())
			b.revoked.down.Store(false)
			pass(domain.LeaseRenewal)
			require.Len(t, s.received(), 3)
			assert.Contains(t, s.received()[1], `"code":"session_revoked"`)
			assert.Equal(t, "DISCONNECT", s.received()[2])
		})
	})
	t.Run("a connection is registered before it is told that it is authenticated", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := &fakeSocket{id: "1"}
			b.accept.Execute(s)
			registered := func() {
				assert.Equal(t, []domain.GatewayID{self}, b.gateways(ada))
				assert.Empty(t, s.received())
			}
			b.presence.renewing.Store(&registered)
			b.authenticate.Execute(t.Context(), s, "ada-laptop")
			assert.Nil(t, b.presence.renewing.Load())
			assert.Equal(t, []string{helloAda}, s.received())
		})
	})
	t.Run("a session that is signed out while its connection is being registered cannot connect", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			signOut := func() { b.revoked.ended = []domain.SessionID{laptop} }
			b.presence.renewing.Store(&signOut)
			s := b.connect("1", "ada-laptop")
			assert.Contains(t, s.received()[0], `"code":"session_revoked"`)
		})
	})
	t.Run("signing a session out closes its connections and no others", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			out, stays := b.connect("1", "ada-laptop"), b.connect("2", "ada-phone")
			b.deliver.SessionsRevoked([]domain.SessionID{laptop})
			assert.Contains(t, out.received()[1], `"code":"session_revoked"`)
			assert.Equal(t, "DISCONNECT", out.received()[2])
			assert.Equal(t, []string{helloAda}, stays.received())
		})
	})
	t.Run("a closed connection is forgotten, here and in presence", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "ada-laptop")
			assert.Equal(t, 1, b.connections.Authenticated())
			forgotten := func() { assert.Zero(t, b.connections.Count(), "no renewal finds it and puts its lease back") }
			b.presence.leaving.Store(&forgotten)
			assert.True(t, b.disconnect.Execute(t.Context(), s.id))
			assert.Zero(t, b.connections.Authenticated())
			b.send("one", ada)
			assert.Equal(t, []string{helloAda}, s.received())
			assert.Zero(t, b.connections.Count())
			assert.Empty(t, b.gateways(ada))
		})
	})
}

func (b *bench) gateways(u domain.UserID) []domain.GatewayID {
	where, err := b.presence.Gateways(b.t.Context(), []domain.UserID{u})
	require.NoError(b.t, err)
	return where[u]
}

func TestDeadlines(t *testing.T) {
	t.Run("a connection that does not authenticate within 10 s is dropped", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := &fakeSocket{id: "1"}
			b.accept.Execute(s)
			pass(9 * time.Second)
			assert.Empty(t, s.received())
			assert.Zero(t, b.connections.Authenticated())
			pass(2 * time.Second)
			assert.Equal(t, "DROP", s.received()[0])
		})
	})
	t.Run("a connection is dropped when its token expires, and may come back", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "ada-laptop")
			pass(15*time.Minute + time.Second)
			assert.Contains(t, s.received()[1], `"code":"token_expired"`)
			assert.Equal(t, "DROP", s.received()[2])
		})
	})
	t.Run("a fresh token of the same user keeps it open", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "ada-laptop")
			b.authenticate.Execute(t.Context(), s, "ada-laptop-later")
			pass(20 * time.Minute)
			assert.Equal(t, []string{helloAda, helloAda}, s.received())
		})
	})
}

func TestPresence(t *testing.T) {
	t.Run("a connection stays present for as long as it lives", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "ada-laptop")
			pass(10 * time.Minute)
			assert.Equal(t, []domain.GatewayID{self}, b.gateways(ada))
			assert.Equal(t, []string{helloAda}, s.received(), "and is not told to catch up")
		})
	})
	t.Run("a lease that was lost is put back, then its connection catches up", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			lost, kept := b.connect("1", "ada-laptop"), b.connect("2", "ben")
			require.NoError(t, b.presence.Leave(t.Context(), self, []domain.Lease{{User: ada, Connection: "1"}}))
			pass(domain.LeaseRenewal + time.Second)
			assert.Equal(t, []domain.GatewayID{self}, b.gateways(ada))
			assert.Equal(t, []string{helloAda, `resync {"reason":"presence_lost"}`}, lost.received())
			assert.Len(t, kept.received(), 1)
			assert.EqualValues(t, 1, b.keeper.Resyncs(gateway.ResyncPresenceLost))
		})
	})
	t.Run("while the registry is down clients are served; they are registered when it is back, and catch up", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			b.presence.down.Store(true)
			s := b.connect("1", "ada-laptop")
			assert.Equal(t, []string{helloAda}, s.received())
			pass(30 * time.Second)
			b.presence.down.Store(false)
			pass(3 * time.Second)
			assert.Equal(t, []domain.GatewayID{self}, b.gateways(ada))
			assert.Equal(t, []string{helloAda, `resync {"reason":"presence_lost"}`}, s.received())
		})
	})
	t.Run("a registration that seemed to fail and took effect all the same is followed by catching up", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			b.presence.late.Store(true)
			s := b.connect("1", "ada-laptop")
			b.presence.late.Store(false)
			pass(5 * time.Second)
			assert.Equal(t, []string{helloAda, `resync {"reason":"presence_lost"}`}, s.received())
		})
	})
	t.Run("a renewal that seemed to fail and took effect all the same is followed by catching up, once", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "ada-laptop")
			require.NoError(t, b.presence.Leave(t.Context(), self, []domain.Lease{{User: ada, Connection: "1"}}))
			b.presence.late.Store(true)
			pass(domain.LeaseRenewal)
			assert.Equal(t, []domain.GatewayID{self}, b.gateways(ada), "it took effect")
			b.presence.late.Store(false)
			pass(time.Minute)
			assert.Equal(t, []string{helloAda, `resync {"reason":"presence_lost"}`}, s.received())
		})
	})
	t.Run("after an interrupted subscription everybody is registered again, then catches up, and ended sessions are closed", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s, ended := b.connect("1", "ben"), b.connect("2", "ada-laptop")
			require.NoError(t, b.presence.Leave(t.Context(), self, []domain.Lease{{User: ben, Connection: "1"}}))
			b.revoked.ended = []domain.SessionID{laptop}
			b.deliver.Subscribed()
			synctest.Wait()
			assert.Equal(t, []domain.GatewayID{self}, b.gateways(ben))
			pass(6 * time.Second)
			assert.Equal(t, `resync {"reason":"subscription_interrupted"}`, s.received()[1])
			assert.EqualValues(t, 2, b.keeper.Resyncs(gateway.ResyncInterrupted))
			assert.Contains(t, ended.received()[1], `"code":"session_revoked"`)
		})
	})
	t.Run("who was served before the first subscription catches up when it is there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			s := b.connect("1", "ada-laptop")
			b.deliver.Subscribed()
			pass(6 * time.Second)
			assert.Equal(t, []string{helloAda, `resync {"reason":"subscription_interrupted"}`}, s.received())
		})
	})
	t.Run("everybody catches up while nobody can tell which sessions have ended; those are closed later", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s, ended := b.connect("1", "ben"), b.connect("2", "ada-laptop")
			b.revoked.ended = []domain.SessionID{laptop}
			b.revoked.down.Store(true)
			b.deliver.Subscribed()
			pass(6 * time.Second)
			assert.Equal(t, []string{`authenticated {"userId":"ben"}`, `resync {"reason":"subscription_interrupted"}`}, s.received())
			b.revoked.down.Store(false)
			pass(domain.LeaseRenewal)
			assert.Len(t, s.received(), 2, "once")
			assert.Equal(t, "DISCONNECT", ended.received()[len(ended.received())-1])
		})
	})
	t.Run("what is known to have ended is closed although nobody can tell of the others", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s, ended := b.connect("1", "ben"), b.connect("2", "ada-laptop")
			b.revoked.known = []domain.SessionID{laptop}
			b.revoked.down.Store(true)
			b.deliver.Subscribed()
			pass(6 * time.Second)
			assert.Contains(t, ended.received(), "DISCONNECT")
			assert.NotContains(t, s.received(), "DISCONNECT")
		})
	})
	t.Run("a lease that was lost is followed by catching up although another cannot be taken back", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			s := b.connect("1", "ada-laptop")
			b.connect("2", "ben")
			require.NoError(t, b.presence.Leave(t.Context(), self, []domain.Lease{{User: ada, Connection: "1"}}))
			b.presence.leaveDown.Store(true)
			closes := func() { b.disconnect.Execute(t.Context(), "2") }
			b.presence.renewing.Store(&closes)
			pass(time.Minute)
			assert.Equal(t, []string{helloAda, `resync {"reason":"presence_lost"}`}, s.received())
		})
	})
	t.Run("a registration that fails during a renewal waits for the next one to catch up", func(t *testing.T) {
		in(t, func(t *testing.T, b *bench) {
			b.connect("1", "ben")
			var s *fakeSocket
			fails := func() {
				b.presence.down.Store(true)
				s = b.connect("2", "ada-laptop")
				b.presence.down.Store(false)
			}
			b.presence.renewing.Store(&fails)
			pass(domain.LeaseRenewal)
			assert.Empty(t, b.gateways(ada))
			assert.Equal(t, []string{helloAda}, s.received(), "events pass it by yet")
			pass(time.Second)
			assert.Equal(t, []domain.GatewayID{self}, b.gateways(ada))
			assert.Equal(t, []string{helloAda, `resync {"reason":"presence_lost"}`}, s.received())
		})
	})
}

// pass lets virtual time go by.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble of testing/synctest
	synctest.Wait()
}

// TestStrangersOfOneClientDoNotTakeThePlacesOfOthers, and who has said whose they are is no stranger.
func TestStrangersOfOneClientDoNotTakeThePlacesOfOthers(t *testing.T) {
	connections := gateway.NewConnections(2)
	accept := gateway.NewAccept(connections, time.Now)
	open := func(client string) *fakeSocket {
		s := &fakeSocket{id: domain.ConnectionID(rand.Text()), client: client}
		accept.Execute(s)
		return s
	}
	first, second := open("192.0.2.1"), open("192.0.2.1")
	require.Empty(t, first.received())
	require.Empty(t, second.received())
	require.Equal(t, []string{"DROP"}, open("192.0.2.1").received())
	require.Empty(t, open("192.0.2.2").received())

	quiet := slog.New(slog.DiscardHandler)
	b := newBench(t)
	keeper := gateway.NewPresence(self, connections, b.presence, b.revoked, textFrames{}, quiet)
	tokens := knownTokens{"a": {User: ada, Session: laptop, ExpiresAt: time.Now().Add(time.Hour)}}
	auth := gateway.NewAuthenticate(connections, tokens, keeper, b.revoked, textFrames{}, time.Now, quiet)
	auth.Execute(t.Context(), first, "a")
	require.Empty(t, open("192.0.2.1").received(), "a place came free")
	require.Equal(t, []string{"DROP"}, open("192.0.2.1").received())
}
