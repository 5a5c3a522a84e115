package sqlite_test

import (
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/sqlite"
	"chatsystem/domain"
	"chatsystem/migrations"
)

func TestOpen(t *testing.T) {
	t.Run("a new file gets the whole schema and belongs to its owner alone", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		db := openFile(t, path, time.Now)
		require.NoError(t, db.Ping(t.Context()))
		coreOf(db).AddUser(t, "anna")
		files, err := filepath.Glob(path + "*")
		require.NoError(t, err)
		require.Len(t, files, 3, "the database, its log and the log's index")
		for _, file := range files {
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), file)
		}
	})

	t.Run("what was written is there after a restart, and a retry still finds its message", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		db := openFile(t, path, time.Now)
		c := coreOf(db)
		anna, bob := c.AddUser(t, "anna"), c.AddUser(t, "bob")
		id := c.AddGroup(t, time.Now(), anna, bob)
		draft := domain.Draft{Conversation: id, Sender: anna.ID, ClientMsgID: "once", Body: "Hello"}
		first, created, err := c.Log.Append(t.Context(), draft)
		require.NoError(t, err)
		require.True(t, created)
		require.NoError(t, db.Close())

		c = coreOf(openFile(t, path, time.Now))
		again, created, err := c.Log.Append(t.Context(), draft)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, first, again)
		require.EqualValues(t, 2, c.Post(t, bob, id, "Hi").Seq)
	})

	t.Run("any path will do", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "50% of #1 & what? ü.db")
		coreOf(openFile(t, path, time.Now)).AddUser(t, "anna")
		require.FileExists(t, path)
	})

	t.Run("a file from an earlier version is brought up to date, with what is in it", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		first, err := fs.ReadFile(migrations.SQLite, "00001_users.sql")
		require.NoError(t, err)
		run(t, path, string(first),
			`CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL,
				is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))`,
			`INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, TRUE), (1, TRUE)`,
			`INSERT INTO users VALUES ('old', 'old@example.org', 'old@example.org', 'old', 'old', 'hash', 1, 1)`)
		db := openFile(t, path, time.Now)
		u, err := db.UserByEmail(t.Context(), "old@example.org")
		require.NoError(t, err)
		c := coreOf(db)
		require.EqualValues(t, 1, c.Post(t, u, c.AddGroup(t, time.Now(), u), "Hello").Seq)
	})

	refused := map[string]struct {
		prepare func(t *testing.T, path string)
		says    string
	}{
		"a file from which a later version took something away": {func(t *testing.T, path string) {
			db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}, time.Now, entropy)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			run(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`, `PRAGMA user_version = 9999`)
		}, "later version"},
		"a file that is no database": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("this is a text, long enough not to be taken for an empty file"), 0o600))
		}, "does not begin as a database"},
		"a folder": {func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, "directory"},
	}
	for name, tc := range refused {
		t.Run(name+" is refused", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "chat.db")
			tc.prepare(t, path)
			_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}, time.Now, entropy)
			require.ErrorContains(t, err, tc.says)
		})
	}

	t.Run("settings that make no sense are refused, all at once", func(t *testing.T) {
		_, err := sqlite.Open(t.Context(), sqlite.Config{Readers: -1}, time.Now, entropy)
		require.ErrorContains(t, err, "path is required")
		require.ErrorContains(t, err, "readers")
	})
}

// run executes statements on a file without the adapter.
func run(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range statements {
		_, err := db.ExecContext(t.Context(), s)
		require.NoError(t, err)
	}
}
