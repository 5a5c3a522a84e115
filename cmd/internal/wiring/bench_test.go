package wiring_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/adapters/metrics"
	"chatsystem/adapters/sqlite"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

// sendSet is the stores that a sender needs, of one adapter set.
type sendSet struct {
	portstest.Core
	settler ports.Settler
}

func memorySet(b *testing.B) sendSet {
	store, entries := memory.NewStore(time.Now), memory.NewMessageStore()
	log := messages.NewSequencedLog(store, entries, benchEntropy, messages.NewAnnouncer(nowhere{}, store, discard), discard)
	return sendSet{portstest.Core{Users: store, Conversations: store, Log: log}, store}
}

func embeddedSet(b *testing.B) sendSet {
	db, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "chat.db")}, time.Now, benchEntropy)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	return sendSet{portstest.Core{Users: db, Conversations: db, Log: db}, db}
}

var discard = slog.New(slog.NewTextHandler(io.Discard, nil))

func benchEntropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:])
	return e
}

// nowhere takes events.
type nowhere struct{}

func (nowhere) Publish(context.Context, []domain.Event) error { return nil }

// BenchmarkSend is messages through the use case, announcer and metrics included: one message per op.
func BenchmarkSend(b *testing.B) {
	for name, open := range map[string]func(*testing.B) sendSet{"memory": memorySet, "sqlite": embeddedSet} {
		for _, shape := range []struct{ senders, conversations int }{{1, 1}, {64, 1}, {64, 64}} {
			b.Run(fmt.Sprintf("%s/%d senders/%d conversations", name, shape.senders, shape.conversations), func(b *testing.B) {
				benchmarkSend(b, open(b), shape.senders, shape.conversations)
			})
		}
	}
}

func benchmarkSend(b *testing.B, set sendSet, senders, conversations int) {
	user := set.AddUser(b, "ada")
	ids := make([]string, conversations)
	for i := range ids {
		ids[i] = string(set.AddGroup(b, time.Now(), user))
	}
	metered := prometheus.NewRegistry()
	announcer := messages.NewAnnouncer(metrics.EventPublisher(metered, nowhere{}), metrics.Settler(metered, set.settler), discard)
	ctx, cancel := context.WithCancel(b.Context())
	var background sync.WaitGroup
	background.Go(func() { announcer.Run(ctx) })
	defer background.Wait()
	defer cancel()
	send := messages.NewSend(metrics.MessageLog(metered, set.Log), announcer)

	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				_, err := send.Execute(ctx, messages.SendInput{
					Sender: user.ID, Conversation: ids[i%conversations], ClientMsgID: fmt.Sprint(n), Body: "a message of ordinary length, as people write them all day",
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	sending.Wait()
}
