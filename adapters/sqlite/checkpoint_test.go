package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

// sendLong posts n messages of 100 kB each from several senders at a time.
func sendLong(t *testing.T, d *DB, n int) {
	t.Helper()
	const senders = 4
	users, ids := addRooms(t, d, senders)
	errs := make([]error, senders)
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := range n / senders {
				_, _, err := d.Append(t.Context(), domain.Draft{
					Conversation: ids[s], Sender: users[s], ClientMsgID: fmt.Sprint(i), Body: strings.Repeat("x", domain.MaxBodyChars),
				})
				errs[s] = errors.Join(errs[s], err)
			}
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
}

func logSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	return info.Size()
}

func TestTheLogBeginsAnewWhileMessagesKeepComing(t *testing.T) {
	d := openTest(t)
	const messages, each = 1000, 100_000
	sendLong(t, d, messages)
	var path string
	require.NoError(t, d.pool.GetContext(t.Context(), &path, `SELECT file FROM pragma_database_list WHERE name = 'main'`))
	require.Less(t, logSize(t, path), int64(messages*each/2))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Greater(t, info.Size(), int64(messages*each/2), "what was copied is in the file")
}

func TestReservedLog(t *testing.T) {
	open := func(t *testing.T, path string) *DB {
		t.Helper()
		entropy := func() domain.MessageIDEntropy { return domain.MessageIDEntropy{} }
		d, err := Open(t.Context(), Config{Path: path, Reserve: 4 << 20}, time.Now, entropy)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, d.Close()) })
		return d
	}
	t.Run("it is there before the first message and is written over", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		d := open(t, path)
		require.EqualValues(t, 4<<20, logSize(t, path))
		sendLong(t, d, 8)
		require.EqualValues(t, 4<<20, logSize(t, path))
	})
	t.Run("a process that dies leaves a log that its successor reads", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		d := open(t, path)
		sendLong(t, d, 8)
		dead := filepath.Join(t.TempDir(), "dead.db")
		copyAs(t, path, dead)
		copyAs(t, path+"-wal", dead+"-wal")
		var n int
		require.NoError(t, open(t, dead).reads.get(t.Context(), &n, `SELECT count(*) FROM messages`))
		require.Equal(t, 8, n)
	})
	t.Run("one that died before it had written anything leaves zeros", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "chat.db")
		d := open(t, path)
		sendLong(t, d, 8)
		require.NoError(t, d.Close())
		require.NoError(t, os.WriteFile(path+"-wal", bytes.Repeat([]byte{0}, 1<<20), 0o600))
		d = open(t, path)
		var n int
		require.NoError(t, d.reads.get(t.Context(), &n, `SELECT count(*) FROM messages`))
		require.Equal(t, 8, n)
		require.EqualValues(t, 4<<20, logSize(t, path))
	})
}

func copyAs(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600))
}
