//go:build integration

package postgres_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/postgres"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

const (
	floorClients = 64
	floorLasting = 3 * time.Second
	settleEvery  = 50 * time.Millisecond // as the message service does
)

// BenchmarkFloorAllocate is allocating and settling beside what a send costs at least that counts its conversation's messages
// in Postgres: one UPDATE … RETURNING and one insert, in a transaction.
func BenchmarkFloorAllocate(b *testing.B) {
	for _, row := range []struct {
		name          string
		conversations int
		target        float64
	}{
		{"allocate and settle, five services, many conversations", floorClients, 1},
		{"allocate and settle, five services, one hot conversation", 1, 3},
	} {
		b.Run(row.name, func(b *testing.B) {
			dsn := newDatabase(b)
			db := open(b, dsn, time.Now)
			core := coreOf(db)
			senders := core.AddUsers(b, "sender", floorClients)
			rooms := make([]domain.ConversationID, row.conversations)
			for i := range rooms {
				rooms[i] = core.AddGroup(b, time.Now(), senders...)
			}
			counted := newCountedLog(b, dsn, rooms)
			count := func(client int) error {
				return counted.insert(b.Context(), rooms[client%len(rooms)], senders[client].ID)
			}
			// Tables that are not empty, and known to the planner: as autovacuum leaves them within a minute.
			portstest.Rate(b, floorClients, time.Second, count)
			allocateAndSettle(b, db, rooms, senders, time.Second)
			_, err := counted.pool.ExecContext(b.Context(), "ANALYZE")
			require.NoError(b, err)
			portstest.Floor{
				Row: row.name, Unit: "/s", Target: row.target,
				Floor: func() float64 { return portstest.Rate(b, floorClients, floorLasting, count) },
				Ours:  func() float64 { return allocateAndSettle(b, db, rooms, senders, floorLasting) },
			}.Run(b)
		})
	}
}

// allocateAndSettle returns how many seqs a second were given out and settled.
func allocateAndSettle(b *testing.B, db *postgres.DB, rooms []domain.ConversationID, senders []domain.User, lasting time.Duration) float64 {
	var mu sync.Mutex
	var stored []domain.Settlement
	began := time.Now()
	settle := func() {
		mu.Lock()
		batch := stored
		stored = nil
		mu.Unlock()
		require.NoError(b, db.Settle(b.Context(), batch))
	}
	ctx, cancel := context.WithCancel(b.Context())
	var settling sync.WaitGroup
	settling.Go(func() {
		for tick := time.NewTicker(settleEvery); ; {
			select {
			case <-tick.C:
				settle()
			case <-ctx.Done():
				settle()
				return
			}
		}
	})
	rate := portstest.Rate(b, floorClients, lasting, func(client int) error {
		a, _, err := db.Allocate(b.Context(), domain.AllocationRequest{
			Conversation: rooms[client%len(rooms)], Sender: senders[client].ID, ClientMsgID: uuid.NewString(), Entropy: entropy(),
		})
		if err != nil {
			return err
		}
		last := domain.Pointer{
			ID: a.MessageID, Conversation: a.Conversation, Seq: a.Seq, Sender: a.Sender, CreatedAt: a.CreatedAt, Preview: "Hello, how are you today?",
		}
		mu.Lock()
		defer mu.Unlock()
		stored = append(stored, domain.Settlement{Conversation: a.Conversation, Seq: a.Seq, State: domain.Published, Last: last})
		return nil
	})
	asked := time.Since(began)
	cancel()
	settling.Wait()
	return rate * asked.Seconds() / time.Since(began).Seconds()
}

// countedLog is the log that one would write at first: a counter and a table, no index but their keys.
type countedLog struct{ pool *sql.DB }

func newCountedLog(b *testing.B, dsn string, rooms []domain.ConversationID) countedLog {
	l := countedLog{connect(b, dsn)}
	l.pool.SetMaxOpenConns(16) // as the adapter
	l.pool.SetMaxIdleConns(16)
	for _, statement := range []string{
		`CREATE TABLE counters (conversation_id UUID PRIMARY KEY, last_seq BIGINT NOT NULL) WITH (fillfactor = 70)`,
		`CREATE TABLE log (conversation_id UUID, seq BIGINT, message_id VARCHAR(50) NOT NULL, sender_id UUID NOT NULL,
			client_msg_id VARCHAR(64) NOT NULL, body_hash BYTEA NOT NULL, created_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (conversation_id, seq))`,
	} {
		_, err := l.pool.ExecContext(b.Context(), statement)
		require.NoError(b, err)
	}
	for _, id := range rooms {
		_, err := l.pool.ExecContext(b.Context(), `INSERT INTO counters VALUES ($1, 0)`, id)
		require.NoError(b, err)
	}
	return l
}

func (l countedLog) insert(ctx context.Context, id domain.ConversationID, sender domain.UserID) error {
	tx, err := l.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	var seq domain.Seq
	err = tx.QueryRowContext(ctx, `UPDATE counters SET last_seq = last_seq + 1 WHERE conversation_id = $1 RETURNING last_seq`, id).Scan(&seq)
	if err != nil {
		return err
	}
	now := time.Now()
	_, err = tx.ExecContext(ctx, `INSERT INTO log VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, seq, domain.NewMessageID(now, entropy(), seq), sender, uuid.NewString(), make([]byte, 32), now)
	if err != nil {
		return err
	}
	return tx.Commit()
}
