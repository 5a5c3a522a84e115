//go:build integration

package postgres_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/memory"
	"chatsystem/adapters/postgres"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

var suites = map[string]func(*testing.T, portstest.Open){
	"users":              portstest.RunUsers,
	"sessions":           portstest.RunSessions,
	"conversations":      portstest.RunConversations,
	"invites":            portstest.RunInvites,
	"conversation views": portstest.RunConversationViews,
	"read marks":         portstest.RunReadMarks,
	"membership":         portstest.RunMembership,
	"message log":        portstest.RunMessageLog,
	"heads":              portstest.RunHeads,
	"settler":            portstest.RunSettler,
	"unfinished leases":  portstest.RunUnfinishedLeases,
}

func TestContracts(t *testing.T) {
	for name, run := range suites {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait for the server most of the time
			run(t, func(t testing.TB, clock ports.Clock) portstest.Core { return coreAt(t, newDatabase(t), clock) })
		})
	}
}

func TestAllocations(t *testing.T) {
	t.Parallel()
	runAllocations(t, newDatabase)
}

func runAllocations(t *testing.T, newDatabase func(testing.TB) string) {
	portstest.RunAllocations(t, func(t testing.TB) portstest.Allocating {
		dsn := newDatabase(t)
		db := open(t, dsn, time.Now)
		past := connect(t, dsn)
		return portstest.Allocating{Core: coreOf(db), Allocations: db, Now: time.Now, Pass: func(d time.Duration) { age(t, past, d) }}
	})
}

// age makes all that is kept with a time of the allocations older.
func age(t testing.TB, past *sql.DB, by time.Duration) {
	t.Helper()
	for _, query := range []string{
		`UPDATE allocations SET allocated_at = allocated_at - $1::interval, created_at = created_at - $1::interval,
			leased_until = leased_until - $1::interval`,
		`UPDATE conversations SET last_allocated_at = last_allocated_at - $1::interval`,
	} {
		_, err := past.ExecContext(t.Context(), query, by.String())
		require.NoError(t, err)
	}
}

// coreOf puts the application's log on the database and a message store in memory.
// coreAt is coreOf a database at an address, which fills faster.
func coreAt(t testing.TB, dsn string, clock ports.Clock) portstest.Core {
	core := coreOf(open(t, dsn, clock))
	pool := connect(t, dsn)
	core.Crowd = func(t testing.TB, user domain.User, groups int) {
		t.Helper()
		for _, statement := range []string{
			`INSERT INTO conversations (conversation_id, type, title, created_by, created_at, members_version)
				SELECT gen_random_uuid(), 'GROUP', 'Team', $1::uuid, now(), 1 FROM generate_series(1, $2::int)`,
			`INSERT INTO memberships (conversation_id, user_id, role, joined_at, joined_seq)
				SELECT conversation_id, $1::uuid, 'ADMIN', now(), 0 FROM conversations
				WHERE created_by = $1::uuid AND type = 'GROUP' LIMIT $2::int`,
			`INSERT INTO reads (conversation_id, user_id, last_read_seq, updated_at)
				SELECT conversation_id, user_id, 0, now() FROM memberships WHERE user_id = $1::uuid LIMIT $2::int ON CONFLICT DO NOTHING`,
		} {
			_, err := pool.ExecContext(t.Context(), statement, user.ID, groups)
			require.NoError(t, err)
		}
	}
	return core
}

func coreOf(db *postgres.DB) portstest.Core {
	entries := memory.NewMessageStore()
	quiet := slog.New(slog.DiscardHandler)
	idle := messages.NewAnnouncer(memory.NewEventBus(), db, quiet) // never run: settledLog settles
	log := messages.NewSequencedLog(db, entries, entropy, idle, quiet)
	return portstest.Core{
		Users: db, Directory: db, Sessions: db, Revocations: db, Conversations: db, Invites: db, Reader: db, ReadMarks: db, Members: db,
		Heads: db, Messages: entries, Log: settledLog{log, db}, Settler: db, Unfinished: db,
	}
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

func entropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:]) // never fails
	return e
}
