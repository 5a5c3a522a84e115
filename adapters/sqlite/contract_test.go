package sqlite_test

import (
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/sqlite"
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
	"message reader":     portstest.RunMessageReader,
	"heads":              portstest.RunHeads,
	"settler":            portstest.RunSettler,
	"unfinished leases":  portstest.RunUnfinishedLeases,
}

func TestContracts(t *testing.T) {
	for name, run := range suites {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait for the disk most of the time
			run(t, open)
		})
	}
}

// open returns the ports of a new database that is closed when the test ends.
func open(t testing.TB, clock ports.Clock) portstest.Core {
	path := filepath.Join(t.TempDir(), "chat.db")
	require.NoError(t, os.WriteFile(path, emptyFile(t), 0o600))
	return coreAt(t, path, clock)
}

// coreAt is coreOf a file, which fills faster.
func coreAt(t testing.TB, path string, clock ports.Clock) portstest.Core {
	t.Helper()
	core := coreOf(openFile(t, path, clock))
	core.Crowd = func(t testing.TB, user domain.User, groups int) {
		t.Helper()
		beside, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
		require.NoError(t, err)
		defer func() { require.NoError(t, beside.Close()) }()
		_, err = beside.ExecContext(t.Context(), `BEGIN IMMEDIATE;
			CREATE TEMP TABLE crowd AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
				SELECT lower(hex(randomblob(4)) || '-0000-7000-8000-' || hex(randomblob(6))) AS id FROM n;
			INSERT INTO conversations (conversation_id, type, title, created_by, created_at, members_version)
				SELECT id, 'GROUP', 'Team', ?2, 0, 1 FROM crowd;
			INSERT INTO memberships (conversation_id, user_id, role, joined_at, joined_seq) SELECT id, ?2, 'ADMIN', 0, 0 FROM crowd;
			INSERT INTO reads (conversation_id, user_id, last_read_seq, updated_at) SELECT id, ?2, 0, 0 FROM crowd;
			COMMIT`, groups, user.ID)
		require.NoError(t, err)
	}
	return core
}

var empty struct {
	once sync.Once
	file []byte
}

// emptyFile returns a database with the whole schema and nothing in it: migrating once instead of hundreds of times is half
// of the suites' time.
func emptyFile(t testing.TB) []byte {
	empty.once.Do(func() {
		path := filepath.Join(t.TempDir(), "empty.db")
		require.NoError(t, openFile(t, path, time.Now).Close())
		var err error
		empty.file, err = os.ReadFile(path)
		require.NoError(t, err)
	})
	return empty.file
}

func openFile(t testing.TB, path string, clock ports.Clock) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}, clock, entropy)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func coreOf(db *sqlite.DB) portstest.Core {
	return portstest.Core{
		Users: db, Directory: db, Sessions: db, Revocations: db, Conversations: db, Invites: db, Reader: db, ReadMarks: db, Members: db,
		Heads: db, Messages: db, Log: db, Settler: db, Unfinished: db,
	}
}

func entropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:]) // never fails
	return e
}
