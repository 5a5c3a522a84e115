//go:build integration

package main

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// databaseOf returns the file of a server that has been stopped in order.
func databaseOf(t *testing.T, p *process) string {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, p.cmd.Wait())
	for _, e := range p.env {
		if dir, ok := strings.CutPrefix(e, "DATA_DIR="); ok {
			return filepath.Join(dir, "chat.db")
		}
	}
	require.Fail(t, "the server has no DATA_DIR")
	return ""
}

// planted copies a database, with the keys beside it, and changes the copy.
func planted(t *testing.T, database string, statements ...string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "data"), os.DirFS(filepath.Dir(database))))
	file := filepath.Join(dir, "data", filepath.Base(database))
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range append([]string{"PRAGMA foreign_keys = 0"}, statements...) {
		_, err := db.ExecContext(t.Context(), s)
		require.NoError(t, err, s)
	}
	return file
}

// fault is something wrong that a verification finds.
type fault struct {
	statements []string
	promises   []any  // what an operator finds broken, in order
	users      []any  // what a user finds; nil: the same
	says       string // of the first
}

const inGroup = `WHERE conversation_id = (SELECT conversation_id FROM conversations WHERE type = 'GROUP')`

// faults are planted in a group of Ada and Ben with five messages of Ada's, the fourth of them long, and their direct
// conversation with one.
var faults = map[string]fault{
	"none": {},
	"a message is lost": {
		statements: []string{`DELETE FROM messages ` + inGroup + ` AND seq = 2`},
		promises:   []any{"I3", "I6"}, says: "neither a message nor a void",
		users: []any{"I6"}, // who takes it for a void
	},
	"the latest message is lost": {
		statements: []string{`DELETE FROM messages ` + inGroup + ` AND seq = 5`},
		promises:   []any{"I3", "I6"}, users: []any{"I3", "I6", "I1"},
	},
	"a message is above the counter": {
		statements: []string{`UPDATE conversations SET last_seq = 4 ` + inGroup},
		promises:   []any{"I3", "I1"}, says: "the counter is at 4",
		users: []any{"I1"}, // who knows no other counter than the one that is shown
	},
	"a client_msg_id is there twice": {
		statements: []string{
			`DROP INDEX messages_by_client_msg_id`,
			`UPDATE messages SET client_msg_id = (SELECT client_msg_id FROM messages ` + inGroup + ` AND seq = 1) ` + inGroup + ` AND seq = 3`,
		},
		promises: []any{"I2"}, says: "client_msg_id of seq 1",
	},
	"a long text is another": {
		statements: []string{`UPDATE bodies SET body = 'x' || body`},
		promises:   []any{"I1"}, says: "the preview is not the beginning",
	},
	"a long text is lost": {
		statements: []string{`DELETE FROM bodies`},
		promises:   []any{"I1"},
	},
	"a list shows another preview": {
		statements: []string{`UPDATE conversations SET last_preview = 'forged' ` + inGroup},
		promises:   []any{"I1"}, says: "lists show another",
	},
	"a message has another's id": {
		statements: []string{`UPDATE messages SET message_id = (SELECT message_id FROM messages ` + inGroup + ` AND seq = 1) ` + inGroup + ` AND seq = 3`},
		promises:   []any{"I1"}, says: "was given seq 1",
	},
	"a group has 101 members": {
		statements: []string{
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
			INSERT INTO users SELECT printf('00000000-0000-7000-8000-%012d', i), i || '@example.org', i || '@example.org', 'u' || i, 'u' || i, 'x', 0, 0 FROM n`,
			`INSERT INTO memberships SELECT (SELECT conversation_id FROM conversations WHERE type = 'GROUP'), user_id, 'MEMBER', 0, 0, NULL FROM users WHERE created_at = 0`,
			`INSERT INTO reads SELECT (SELECT conversation_id FROM conversations WHERE type = 'GROUP'), user_id, 5, 0 FROM users WHERE created_at = 0`,
		},
		promises: []any{"I7"}, says: "101 active members",
	},
	"a group has no admin": {
		statements: []string{`UPDATE memberships SET role = 'MEMBER' ` + inGroup},
		promises:   []any{"I7"}, says: "no admin",
	},
	"two people have two direct conversations": {
		statements: []string{
			`INSERT INTO conversations SELECT 'ffffffff-0000-7000-8000-000000000000', type, title, NULL, created_by, created_at, 1, 0, NULL, NULL, NULL, NULL, NULL
			FROM conversations WHERE type = 'DM'`,
			`INSERT INTO memberships SELECT 'ffffffff-0000-7000-8000-000000000000', user_id, role, joined_at, 0, NULL FROM memberships
			WHERE conversation_id = (SELECT conversation_id FROM conversations WHERE type = 'DM' AND last_seq = 1)`,
			`INSERT INTO reads SELECT conversation_id, user_id, 0, 0 FROM memberships WHERE conversation_id LIKE 'ffffffff%'`,
		},
		promises: []any{"I7", "I7"}, users: []any{"I7"}, says: "the same two people",
	},
	"a direct conversation is of one": {
		statements: []string{`UPDATE memberships SET left_at = 1 WHERE user_id = (SELECT user_id FROM users WHERE username = 'ben')
			AND conversation_id = (SELECT conversation_id FROM conversations WHERE type = 'DM')`},
		promises: []any{"I7"}, says: "a direct conversation of 1",
		users: []any{}, // Ben is no longer in it
	},
}

func TestVerifyFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	p.start()
	ada, ben := registered(t, p.url, "ada"), registered(t, p.url, "ben")
	ada.ok("send", "@ben", "psst")
	ada.ok("group", "Garden", "ben")
	for _, text := range []string{"one", "two", "three", strings.Repeat("four ", 100), "five"} {
		ada.ok("send", "Garden", text)
	}
	assert.Contains(t, ben.ok("verify"), "2 conversations, 6 messages, 0 voids, 1 long texts: 0 violations")
	database := databaseOf(t, p)

	promises := func(r result) []any {
		found := decode(t, r.out)
		require.NotEmpty(t, found, r.errOut)
		all := []any{}
		for _, v := range found[len(found)-1]["violations"].([]any) {
			all = append(all, v.(map[string]any)["promise"])
		}
		assert.Equal(t, len(all) > 0, r.code == exitFailure)
		return all
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f.users == nil {
				f.users = f.promises
			}
			file := planted(t, database, f.statements...)
			operator := newPerson(t, "http://127.0.0.1:1", "operator")
			r := operator.with("", "verify", "--store", "sqlite:"+file, "--json")
			assert.ElementsMatch(t, f.promises, promises(r), r.out)
			assert.Contains(t, r.out, f.says)

			copied := newProcess(t, "DATA_DIR="+filepath.Dir(file))
			copied.start()
			reader := newPerson(t, copied.url, "ben")
			reader.ok("login", "ben@example.org")
			r = reader.with("", "verify", "--json")
			assert.ElementsMatch(t, f.users, promises(r), r.out)
		})
	}
	t.Run("repaired as far as that goes", func(t *testing.T) {
		t.Parallel()
		operator := newPerson(t, "http://127.0.0.1:1", "operator")
		file := planted(t, database, faults["a message is above the counter"].statements...)
		repair := []string{"verify", "--store", "sqlite:" + file, "--repair"}
		dry := operator.with("", repair...)
		assert.Equal(t, exitFailure, dry.code)
		assert.Contains(t, dry.out, "would repair")
		assert.Contains(t, dry.out, "lifted from 4 to 5")
		applied := operator.ok(append(repair, "--apply")...)
		assert.Contains(t, applied, "lifted from 4 to 5")
		assert.Contains(t, applied, "0 violations")

		file = planted(t, database, faults["a group has no admin"].statements...)
		repair = []string{"verify", "--store", "sqlite:" + file, "--repair"}
		assert.Contains(t, operator.with("", repair...).out, "longest-standing member, becomes admin")
		applied = operator.ok(append(repair, "--apply")...)
		assert.Contains(t, applied, "repaired conversation")
		assert.Contains(t, applied, "0 violations")

		file = planted(t, database, faults["a message is lost"].statements...)
		assert.Contains(t, operator.fails(exitFailure, "verify", "--store", "sqlite:"+file, "--repair", "--apply"), "backup")
	})
}

func TestABackupTakenWhilePeopleSendIsWhole(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	p.start()
	ada, ben := registered(t, p.url, "ada"), registered(t, p.url, "ben")
	ada.ok("group", "Garden", "ben")
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan struct{})
	var sending sync.WaitGroup
	for _, sender := range []*person{ada, ben} {
		sending.Go(func() {
			for ctx.Err() == nil && sender.with("", "send", "Garden", "hello").code == 0 {
				select {
				case sent <- struct{}{}:
				case <-ctx.Done():
				}
			}
		})
	}
	for range 10 {
		<-sent
	}
	target := filepath.Join(t.TempDir(), "backup")
	backup := exec.CommandContext(ctx, chatBinary, "backup", target)
	backup.Env = append(backup.Environ(), p.env...)
	out, err := backup.CombinedOutput()
	require.NoError(t, err, string(out))
	<-sent // it goes on
	cancel()
	sending.Wait()

	operator := newPerson(t, "http://127.0.0.1:1", "operator")
	assert.Contains(t, operator.ok("verify", "--store", "sqlite:"+filepath.Join(target, "chat.db")), "0 violations")
}

func TestVerifyCommandLine(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "http://127.0.0.1:1", "operator")
	p.fails(exitUsage, "verify", "--repair")
	p.fails(exitUsage, "verify", "--store", "services", "--apply")
	p.fails(exitUsage, "verify", "--store", "elsewhere")
	assert.Contains(t, p.fails(exitUsage, "verify", "--store", "services"), "POSTGRES_DSN")
	p.fails(exitFailure, "verify", "--store", "sqlite:"+filepath.Join(t.TempDir(), "none.db"))
	assert.Contains(t, p.fails(exitSignedOut, "verify"), "chatctl login")

	server := newProcess(t)
	server.start()
	var dir string
	for _, e := range server.env {
		if value, ok := strings.CutPrefix(e, "DATA_DIR="); ok {
			dir = value
		}
	}
	assert.Contains(t, p.fails(exitFailure, "verify", "--store", "sqlite:"+filepath.Join(dir, "chat.db"), "--repair", "--apply"), "in use")
	assert.Contains(t, p.ok("verify", "--store", "sqlite:"+filepath.Join(dir, "chat.db")), "0 violations", "beside a running server")
}
