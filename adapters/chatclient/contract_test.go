package chatclient_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/chatclient"
	"chatsystem/adapters/httpapi"
	"chatsystem/adapters/memory"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

const credential = "what services show each other"

// TestContracts runs what the chat service does for others through its client, its routes and a store in memory.
func TestContracts(t *testing.T) {
	suites := map[string]func(*testing.T, portstest.Open){
		"membership":        portstest.RunMembership,
		"message log":       portstest.RunMessageLog,
		"settler":           portstest.RunSettler,
		"unfinished leases": portstest.RunUnfinishedLeases,
	}
	for name, run := range suites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, func(t testing.TB, clock ports.Clock) portstest.Core {
				store := memory.NewStore(clock)
				return coreOf(store, newClient(t, serve(t, store)))
			})
		})
	}
}

func TestAllocations(t *testing.T) {
	portstest.RunAllocations(t, func(t testing.TB) portstest.Allocating {
		clock := portstest.NewManualClock()
		store := memory.NewStore(clock.Now)
		client := newClient(t, serve(t, store))
		return portstest.Allocating{
			Core: coreOf(store, client), Allocations: allocations{client, store}, Now: clock.Now, Pass: clock.Advance,
		}
	})
}

// allocations purges where the allocations are: no other service does.
type allocations struct {
	*chatclient.Client
	store *memory.Store
}

func (a allocations) PurgeAllocations(ctx context.Context, before time.Time, limit int) (int, error) {
	return a.store.PurgeAllocations(ctx, before, limit)
}

// handlerOf is the chat service's internal routes over a store.
func handlerOf(t testing.TB, store *memory.Store) http.Handler {
	t.Helper()
	h, err := httpapi.NewHandler(httpapi.Config{}, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), nil,
		httpapi.InternalChatRoutes([]string{credential}, httpapi.InternalChatPorts{Sequences: store, Settler: store, Unfinished: store, Members: store}))
	require.NoError(t, err)
	return h
}

// serve returns the URL of a chat service over a store.
func serve(t testing.TB, store *memory.Store) string {
	t.Helper()
	srv := httptest.NewServer(handlerOf(t, store))
	t.Cleanup(srv.Close)
	return srv.URL
}

func newClient(t testing.TB, url string) *chatclient.Client {
	t.Helper()
	c, err := chatclient.New(chatclient.Config{URL: url, Credential: credential})
	require.NoError(t, err)
	return c
}

// coreOf is a store whose log is allocated, settled and looked after by a client.
func coreOf(s *memory.Store, c *chatclient.Client) portstest.Core {
	entries := memory.NewMessageStore()
	quiet := slog.New(slog.DiscardHandler)
	idle := messages.NewAnnouncer(memory.NewEventBus(), c, quiet) // never run: settledLog settles
	log := messages.NewSequencedLog(c, entries, newEntropy, idle, quiet)
	return portstest.Core{
		Users: s, Directory: s, Sessions: s, Revocations: s, Conversations: s, Invites: s, Reader: s, ReadMarks: s, Members: c, Heads: s,
		Messages: entries, Log: settledLog{log, c}, Settler: c, Unfinished: c,
	}
}

func newEntropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:]) // never fails
	return e
}

// settledLog settles at once what a batch settles in the background elsewhere.
type settledLog struct {
	ports.MessageLog
	settler ports.Settler
}

func (l settledLog) Append(ctx context.Context, d domain.Draft) (domain.Message, bool, error) {
	m, created, err := l.MessageLog.Append(ctx, d)
	if err != nil || !created {
		return m, created, err
	}
	return m, created, l.settler.Settle(ctx, []domain.Settlement{
		{Conversation: m.Conversation, Seq: m.Seq, State: domain.Stored, Last: m.Pointer},
	})
}
