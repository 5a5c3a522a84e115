package sqlite

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	sqlite3 "modernc.org/sqlite/lib"

	"chatsystem/domain"
)

// filled returns the path of a closed database with some messages.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chat.db")
	entropy := func() domain.MessageIDEntropy { return domain.MessageIDEntropy{} }
	d, err := Open(t.Context(), Config{Path: path}, time.Now, entropy)
	require.NoError(t, err)
	sendLong(t, d, 40)
	require.NoError(t, d.Close())
	return path
}

func open(ctx context.Context, path string) error {
	d, err := Open(ctx, Config{Path: path}, time.Now, func() domain.MessageIDEntropy { return domain.MessageIDEntropy{} })
	if err != nil {
		return err
	}
	return d.Close()
}

// TestADamagedFileIsRefusedAndLeftAsItIs puts noise at many places of a file, and other things in its place.
func TestADamagedFileIsRefusedAndLeftAsItIs(t *testing.T) {
	whole, err := os.ReadFile(filled(t))
	require.NoError(t, err)
	noise := make([]byte, 8<<10)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(noise)
	with := func(at int, bytes []byte) []byte {
		damaged := append([]byte(nil), whole...)
		copy(damaged[at:], bytes)
		return damaged
	}
	files := map[string][]byte{
		"a text":                []byte("hello"),
		"noise":                 noise,
		"cut short":             whole[:len(whole)/2/4096*4096],
		"noise at the start":    with(0, noise),
		"noise behind the head": with(100, noise),
		"zeros":                 with(8<<10, make([]byte, 8<<10)),
	}
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "chat.db")
			require.NoError(t, os.WriteFile(path, data, 0o600))
			require.ErrorIs(t, open(t.Context(), path), ErrDamaged)
			requireUntouched(t, path, data)
			require.ErrorIs(t, Backup(t.Context(), path, path+".backup"), ErrDamaged)
			require.NoFileExists(t, path+".backup")
			requireUntouched(t, path, data)
		})
	}

	t.Run("wherever there is noise, in the pages of the tables", func(t *testing.T) {
		found := 0
		for at := 0; at+len(noise) < len(whole); at += 256 << 10 {
			path := filepath.Join(t.TempDir(), "chat.db")
			data := with(at, noise)
			require.NoError(t, os.WriteFile(path, data, 0o600))
			d, err := OpenReadOnly(t.Context(), Config{Path: path})
			faults := []string{"not opened"}
			if err == nil {
				faults, err = d.Faults(t.Context())
				require.NoError(t, err)
				require.NoError(t, d.Close())
			}
			refused := open(t.Context(), path)
			require.Equal(t, len(faults) > 0, refused != nil, "at %d: %v, %v", at, faults, refused)
			if refused != nil {
				found++
				requireUntouched(t, path, data)
			}
		}
		// The rest lies in long texts, which hold whatever one writes.
		require.Positive(t, found)
	})

	t.Run("the database of another program", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "other.db")
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), `CREATE TABLE recipes (name TEXT)`)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.ErrorIs(t, open(t.Context(), path), ErrDamaged)
		requireUntouched(t, path, data)
	})

	t.Run("an empty file is a new one", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, open(t.Context(), path))
	})
}

func requireUntouched(t *testing.T, path string, data []byte) {
	t.Helper()
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(data), string(now))
}

// TestACheckpointThatFailsIsTheLast: nothing is copied after it, the store says that it is not ready, and what was
// acknowledged is there at the next start.
func TestACheckpointThatFailsIsTheLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	entropy := func() domain.MessageIDEntropy { return domain.MessageIDEntropy{} }
	d, err := Open(t.Context(), Config{Path: path}, time.Now, entropy)
	require.NoError(t, err)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	copied := make(chan struct{}, 1000)
	d.log.pragma = func(ctx context.Context, on sqlx.QueryerContext, mode string) (walState, error) {
		if mode == "PASSIVE" {
			copied <- struct{}{}
			return walState{}, ioError{}
		}
		return checkpoint(ctx, on, mode)
	}
	sendLong(t, d, 400)
	select {
	case <-d.Failed():
	case <-time.After(patience):
		require.Fail(t, "the failure is told nobody")
	}
	require.ErrorIs(t, d.Failure(), ErrCheckpoint)
	require.ErrorIs(t, d.Ping(t.Context()), domain.ErrUnavailable)
	users, ids := addRooms(t, d, 1)
	_, _, err = d.Append(t.Context(), domain.Draft{Conversation: ids[0], Sender: users[0], ClientMsgID: "more", Body: "more"})
	require.NoError(t, err, "the log is sound")
	require.NoError(t, d.Close())
	require.Len(t, copied, 1)
	requireUntouched(t, path, before)

	again := filepath.Join(t.TempDir(), "again.db") // what the next process finds
	copyAs(t, path, again)
	copyAs(t, path+"-wal", again+"-wal")
	d, err = Open(t.Context(), Config{Path: again}, time.Now, entropy)
	require.NoError(t, err)
	var messages int
	require.NoError(t, d.reads.get(t.Context(), &messages, `SELECT count(*) FROM messages`))
	require.Equal(t, 400+1, messages)
	require.NoError(t, d.Close())
}

// ioError is an error of SQLite about the disk.
type ioError struct{}

func (ioError) Error() string { return "disk I/O error" }

func (ioError) Code() int { return sqlite3.SQLITE_IOERR_FSYNC }
