//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/faultproxy"
	"chatsystem/cmd/internal/scenario"
	"chatsystem/sdk"
)

// A silent way must outlast the deadlines of calls: else nothing is given up.
const (
	faultLasts   = 2 * time.Second
	silenceLasts = 5 * time.Second
)

// way is a proxy between the services and what they need.
type way struct {
	to string
	*faultproxy.Proxy
}

// TestFaultsOnTheWay lets the way to each store and service be slow, break and go silent in turn, under load: then every
// promise holds.
func TestFaultsOnTheWay(t *testing.T) {
	ctx := deadline(t, 8*time.Minute)
	s := newProcesses(t)
	ways := s.throughProxies(ctx)
	s.start()
	load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 3, Listeners: 2}, s.url)
	require.NoError(t, err)
	defer load.Close()
	probe := newProbe(ctx, s)
	for _, w := range ways {
		for name, fault := range map[string]faultproxy.Fault{
			"slow":      {Latency: 60 * time.Millisecond, Jitter: 60 * time.Millisecond, BytesPerSecond: 200_000},
			"broken":    {CutWithin: 300 * time.Millisecond},
			"half-open": {Swallow: true},
		} {
			awaitSent(t, load, 20)
			suffered := w.Suffered()
			w.Set(fault)
			s.during(ctx, w, fault)
			w.Set(faultproxy.Fault{})
			ended := time.Now()
			event := probe.await()
			awaitSent(t, load, 20)
			if fault.CutWithin == 0 || w.to != "user-service" { // to fetch keys may take less time than to cut
				require.Greater(t, w.Suffered(), suffered, "%s to %s was felt", name, w.to)
			}
			t.Logf("%s, %s: an event arrived within %v of its end, 20 messages more were sent within %v",
				w.to, name, event.Sub(ended).Round(time.Millisecond), time.Since(ended).Round(time.Millisecond))
		}
	}
	for _, i := range s.all() {
		i.awaitReady()
	}
	verdict, err := load.Finish(ctx)
	t.Log(verdict)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}

// probe is two people of whom one hears what the other sends.
type probe struct {
	t        *testing.T
	ctx      context.Context
	from     account
	to       *sdk.Subscription
	together string
}

func newProbe(ctx context.Context, s *stack) probe {
	s.t.Helper()
	from, to := s.person(ctx, s.t), s.person(ctx, s.t)
	dm, err := from.CreateDM(ctx, to.id)
	require.NoError(s.t, err)
	sub, err := to.Subscribe(ctx)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = sub.Close() })
	return probe{s.t, ctx, from, sub, dm.ConversationID}
}

// await sends a message and returns when it has arrived.
func (p probe) await() time.Time {
	p.t.Helper()
	id := rand.Text()
	var sent sdk.Message
	require.Eventually(p.t, func() bool {
		var err error
		sent, err = p.from.Send(p.ctx, p.together, "are you there?", sdk.WithClientMsgID(id))
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
	got, err := p.to.Next(p.ctx)
	require.NoError(p.t, err)
	require.Equal(p.t, sent.MessageID, got.MessageID)
	return time.Now()
}

// during lasts as long as the fault does. Services ask the user service when they start: one is started anew.
func (s *stack) during(ctx context.Context, w way, fault faultproxy.Fault) {
	s.t.Helper()
	over := time.After(faultLasts)
	if fault.Swallow {
		over = time.After(silenceLasts)
	}
	if w.to == "user-service" {
		i := s.running["message-service"][0]
		i.kill()
		i.start()
		if fault.Swallow {
			require.Eventually(s.t, func() bool { return i.status("/healthz") == http.StatusOK }, 20*time.Second, 20*time.Millisecond)
			require.Equal(s.t, http.StatusServiceUnavailable, i.status("/readyz"), "it has no keys to check tokens by")
		}
	}
	select {
	case <-over:
	case <-ctx.Done():
		require.FailNow(s.t, "no time left")
	}
}

// throughProxies puts a proxy in front of every store, and of every service that others call.
func (s *stack) throughProxies(ctx context.Context) []way {
	s.t.Helper()
	var ways []way
	add := func(to string, p *faultproxy.Proxy, err error) string {
		require.NoError(s.t, err)
		s.t.Cleanup(p.Close)
		ways = append(ways, way{to, p})
		return p.Addr()
	}
	through := func(to, address string) string {
		p, err := faultproxy.Start(address)
		return add(to, p, err)
	}
	throughURL := func(to, setting string) string {
		u, err := url.Parse(s.setting(setting))
		require.NoError(s.t, err)
		u.Host = through(to, u.Host)
		return u.String()
	}
	broker, err := faultproxy.StartKafka(advertised(ctx, s.t, s.setting("KAFKA_BROKERS")))
	userService := throughURL("user-service", "USER_SERVICE_URL")
	s.env = append(s.env, // the last one of a name counts
		"POSTGRES_DSN="+throughURL("postgres", "POSTGRES_DSN"),
		"REDIS_ADDR="+through("redis", s.setting("REDIS_ADDR")),
		"KAFKA_BROKERS="+add("kafka", broker, err),
		"DYNAMODB_ENDPOINT="+throughURL("dynamodb", "DYNAMODB_ENDPOINT"),
		"CHAT_SERVICE_URL="+throughURL("chat-service", "CHAT_SERVICE_URL"),
		"USER_SERVICE_URL="+userService, "JWKS_URL="+userService+"/.well-known/jwks.json",
	)
	return ways
}

// advertised returns what the one broker says its address is.
func advertised(ctx context.Context, t *testing.T, bootstrap string) string {
	t.Helper()
	conn, err := kafkago.DialContext(ctx, "tcp", bootstrap)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	brokers, err := conn.Brokers()
	require.NoError(t, err)
	require.Len(t, brokers, 1, "a proxy stands for one broker")
	return net.JoinHostPort(brokers[0].Host, strconv.Itoa(brokers[0].Port))
}
