//go:build integration

package postgres_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

const benchSenders = 64

func BenchmarkAllocateOneConversation(b *testing.B)   { benchmarkAllocate(b, 1) }
func BenchmarkAllocateManyConversations(b *testing.B) { benchmarkAllocate(b, benchSenders) }

// benchmarkAllocate has 64 senders ask as fast as they are answered, spread over some conversations.
func benchmarkAllocate(b *testing.B, conversations int) {
	db := open(b, newDatabase(b), time.Now)
	core := coreOf(db)
	senders := core.AddUsers(b, "sender", benchSenders)
	groups := make([]domain.ConversationID, conversations)
	for i := range groups {
		groups[i] = core.AddGroup(b, time.Now(), senders...)
	}
	var next atomic.Int64
	b.SetParallelism(benchSenders / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		n := int(next.Add(1)) % benchSenders
		r := domain.AllocationRequest{Conversation: groups[n%conversations], Sender: senders[n].ID}
		for pb.Next() {
			r.ClientMsgID = uuid.NewString()
			if _, _, err := db.Allocate(b.Context(), r); err != nil {
				require.NoError(b, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "allocations/s")
}
