package messages_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"testing"

	"chatsystem/adapters/memory"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// announcedLog is a SequencedLog with the announcer that a sender has beside it.
type announcedLog struct {
	*messages.SequencedLog
	announcer *messages.Announcer
}

func (l announcedLog) Append(ctx context.Context, d domain.Draft) (domain.Message, bool, error) {
	m, created, err := l.SequencedLog.Append(ctx, d)
	if err == nil && created {
		l.announcer.Announce(ctx, m.Pointer)
	}
	return m, created, err
}

// unheard is a broker that nobody listens to.
type unheard struct{}

func (unheard) Publish(ctx context.Context, _ []domain.Event) error { return ctx.Err() }

func freshEntropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:])
	return e
}

// openSequenced returns a Core whose log is a SequencedLog over the stores in memory.
func openSequenced(t testing.TB, clock ports.Clock) portstest.Core {
	store, entries := memory.NewStore(clock), memory.NewMessageStore()
	quiet := slog.New(slog.DiscardHandler)
	announcer := messages.NewAnnouncer(unheard{}, store, quiet)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { announcer.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return portstest.Core{
		Users: store, Directory: store, Sessions: store, Conversations: store, Invites: store, Reader: store, ReadMarks: store,
		Members: store, Heads: store, Messages: entries, Settler: store, Unfinished: store,
		Log: announcedLog{messages.NewSequencedLog(store, entries, freshEntropy, announcer, quiet), announcer},
	}
}

func TestSequencedLogKeepsTheContract(t *testing.T) { portstest.RunMessageLog(t, openSequenced) }
