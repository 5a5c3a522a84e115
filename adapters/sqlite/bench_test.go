package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// BenchmarkAppend measures acknowledged messages; commits/op tells how many shared a sync of the disk.
func BenchmarkAppend(b *testing.B) {
	for _, senders := range []int{1, 64} {
		for _, conversations := range []int{1, 64} {
			b.Run(fmt.Sprintf("%d senders, %d conversations", senders, conversations), func(b *testing.B) {
				d := openBench(b)
				users, ids := addRooms(b, d, conversations)
				before := d.Stats().Commits
				var n atomic.Int64
				var all sync.WaitGroup
				b.ResetTimer()
				for range senders {
					all.Go(func() {
						for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
							at := int(i) % conversations
							m, _, err := d.Append(b.Context(), domain.Draft{
								Conversation: ids[at], Sender: users[at], ClientMsgID: fmt.Sprint(i), Body: "Hello, how are you today?",
							})
							if err = errors.Join(err, d.Settle(b.Context(), []domain.Settlement{{
								Conversation: m.Conversation, Seq: m.Seq, State: domain.Published,
							}})); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64(d.Stats().Commits-before)/float64(b.N), "commits/op")
			})
		}
	}
}

// BenchmarkFloor is what the machine can do at most: bare inserts into the messages table, n to a commit.
func BenchmarkFloor(b *testing.B) {
	for _, size := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d inserts a commit", size), func(b *testing.B) {
			d := openBench(b)
			users, ids := addRooms(b, d, 1)
			hash := make([]byte, 32)
			b.ResetTimer()
			for n := 0; n < b.N; {
				err := d.writer.do(b.Context(), func(ctx context.Context, q *queries) error {
					for range size {
						n++
						if _, err := q.exec(ctx, qInsertMessage, ids[0], n, "01HN8X00000000000000000000", users[0], fmt.Sprint(n),
							moment{time.UnixMilli(1)}, "Hello, how are you today?", false, 1, hash, nil); err != nil {
							return err
						}
					}
					return nil
				})
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkHistory reads pages of 50 from a conversation of 10,000 messages.
func BenchmarkHistory(b *testing.B) {
	d := openBench(b)
	users, ids := addRooms(b, d, 1)
	for n := range 10_000 {
		require.NoError(b, d.writer.do(b.Context(), func(ctx context.Context, q *queries) error {
			_, err := q.exec(ctx, qInsertMessage, ids[0], n+1, "01HN8X00000000000000000000", users[0], fmt.Sprint(n),
				moment{time.UnixMilli(1)}, "Hello, how are you today?", false, 1, make([]byte, 32), nil)
			return err
		}))
	}
	b.ResetTimer()
	for n := range b.N {
		page, err := d.EntriesFrom(b.Context(), ids[0], domain.Seq(n*50%9_900+1), 50)
		require.NoError(b, err)
		require.Len(b, page, 50)
	}
}

func openBench(b *testing.B) *DB {
	b.Helper()
	entropy := func() (e domain.MessageIDEntropy) {
		_, _ = rand.Read(e[:])
		return e
	}
	d, err := Open(b.Context(), Config{Path: filepath.Join(b.TempDir(), "chat.db")}, time.Now, entropy)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, d.Close()) })
	return d
}

// addRooms makes n groups of one person each.
func addRooms(b testing.TB, d *DB, n int) ([]domain.UserID, []domain.ConversationID) {
	b.Helper()
	users, ids := make([]domain.UserID, n), make([]domain.ConversationID, n)
	for i := range n {
		id := uuid.NewString()
		require.NoError(b, d.writer.do(b.Context(), func(ctx context.Context, q *queries) error {
			_, err := q.exec(ctx, qInsertUser, id, id, id, id, id, "hash", moment{time.UnixMilli(1)})
			return err
		}))
		g, err := domain.NewGroup(domain.ConversationID(uuid.NewString()), "Team Chat", domain.UserID(id), nil, time.Now())
		require.NoError(b, err)
		require.NoError(b, d.CreateGroup(b.Context(), g))
		users[i], ids[i] = domain.UserID(id), g.ID()
	}
	return users, ids
}
