package memory_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"

	"chatsystem/adapters/memory"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestCoreContracts(t *testing.T) {
	suites := map[string]func(*testing.T, portstest.Open){
		"users":              portstest.RunUsers,
		"sessions":           portstest.RunSessions,
		"conversations":      portstest.RunConversations,
		"invites":            portstest.RunInvites,
		"conversation views": portstest.RunConversationViews,
		"read marks":         portstest.RunReadMarks,
		"membership":         portstest.RunMembership,
		"message log":        portstest.RunMessageLog,
		"message reader":     portstest.RunMessageReader,
		"heads":              portstest.RunHeads,
		"settler":            portstest.RunSettler,
		"unfinished leases":  portstest.RunUnfinishedLeases,
	}
	for name, run := range suites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, openCore)
		})
	}
}

func TestAllocations(t *testing.T) {
	portstest.RunAllocations(t, func(testing.TB) portstest.Allocating {
		clock := portstest.NewManualClock()
		store := memory.NewStore(clock.Now)
		return portstest.Allocating{Core: coreOf(store), Allocations: store, Now: clock.Now, Pass: clock.Advance}
	})
}

func TestMessageStore(t *testing.T) {
	portstest.RunMessageStore(t, func(testing.TB) ports.MessageStore { return memory.NewMessageStore() })
}

func TestMembershipCache(t *testing.T) {
	portstest.RunMembershipCache(t, func(testing.TB) (ports.MembershipCache, portstest.Pass) {
		clock := portstest.NewManualClock()
		return memory.NewMembershipCache(clock.Now), clock.Advance
	})
}

func TestPresence(t *testing.T) {
	portstest.RunPresence(t, func(testing.TB) (ports.PresenceRegistry, portstest.Pass) {
		clock := portstest.NewManualClock()
		return memory.NewPresence(clock.Now), clock.Advance
	})
}

func TestEventBus(t *testing.T) {
	portstest.RunEventBus(t, func(testing.TB) (ports.EventPublisher, ports.EventSource) {
		bus := memory.NewEventBus()
		return bus, bus
	})
}

func TestGatewayBus(t *testing.T) {
	portstest.RunGatewayBus(t, func(testing.TB) (ports.GatewayPublisher, ports.GatewayInbox) {
		bus := memory.NewGatewayBus()
		return bus, bus
	})
}

func TestRevocationAnnouncer(t *testing.T) {
	portstest.RunRevocationAnnouncer(t, func(testing.TB) (ports.RevocationAnnouncer, ports.GatewayInbox) {
		bus := memory.NewGatewayBus()
		return bus, bus
	})
}

func openCore(_ testing.TB, clock ports.Clock) portstest.Core { return coreOf(memory.NewStore(clock)) }

// coreOf puts the application's log on the store, settling at once what a batch settles in the background elsewhere.
func coreOf(s *memory.Store) portstest.Core {
	entries := memory.NewMessageStore()
	quiet := slog.New(slog.DiscardHandler)
	idle := messages.NewAnnouncer(memory.NewEventBus(), s, quiet) // never run: settledLog settles
	log := messages.NewSequencedLog(s, entries, newEntropy, idle, quiet)
	return portstest.Core{
		Users: s, Directory: s, Sessions: s, Revocations: s, Conversations: s, Invites: s, Reader: s, ReadMarks: s, Members: s, Heads: s,
		Messages: entries, Log: settledLog{log, s}, Settler: s, Unfinished: s,
	}
}

func newEntropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:]) // never fails
	return e
}

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
