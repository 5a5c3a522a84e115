package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/sqlite"
	"chatsystem/domain"
)

// The test binary runs itself as a child that, named so by its first argument, does one of these in a folder until it is
// killed.
const (
	childLock   = "child: take the lock and say so"
	childAppend = "child: post and name what was acknowledged"
)

func TestMain(m *testing.M) {
	switch append(os.Args, "")[1] {
	case childLock:
		runLockChild(os.Args[2])
	case childAppend:
		runAppendChild(os.Args[2], os.Args[3])
	default:
		os.Exit(m.Run())
	}
}

// child is a running child process.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startChild(t *testing.T, what string, args ...string) *child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{what}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := &child{t, cmd, bufio.NewScanner(out)}
	t.Cleanup(func() { c.kill() })
	return c
}

// line waits for the next line the child prints; empty if it has died.
func (c *child) line() string {
	if !c.lines.Scan() {
		return ""
	}
	return c.lines.Text()
}

// kill ends the child with SIGKILL, waits for its end and returns what it had printed by then; each line is one write to
// the pipe, so none is cut short.
func (c *child) kill() (rest []string) {
	_ = c.cmd.Process.Kill() // fails if it is dead already
	for c.lines.Scan() {
		rest = append(rest, c.lines.Text())
	}
	_ = c.cmd.Wait() // says that it was killed
	return rest
}

// runLockChild takes the lock of a folder, says "locked" and keeps it.
func runLockChild(dir string) {
	lock, err := sqlite.LockDir(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("locked")
	linger()
	exitOn(lock.Unlock())
}

// linger waits to be killed, but not for ever: a child must not outlive a parent that could not kill it.
func linger() { <-time.After(time.Minute) }

const (
	childSenders = 4
	childDB      = "chat.db"
)

// runAppendChild lets the senders named in spec ("conversation sender next", one a line) post messages numbered from next
// on, and prints "sender number seq id" for each that was acknowledged.
func runAppendChild(dir, spec string) {
	lock, err := sqlite.LockDir(dir)
	exitOn(err)
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: filepath.Join(dir, childDB), Reserve: sqlite.LogReserve}, time.Now, entropy)
	exitOn(err)
	for sender := range strings.Lines(spec) {
		var conversation domain.ConversationID
		var user domain.UserID
		var next int
		_, err := fmt.Sscan(sender, &conversation, &user, &next)
		exitOn(err)
		go func() {
			for n := next; ; n++ {
				m, _, err := db.Append(context.Background(), killDraft(conversation, user, n))
				exitOn(err)
				fmt.Println(user, n, int64(m.Seq), m.ID)
			}
		}()
	}
	linger()
	exitOn(lock.Unlock())
}

// killDraft is message n of a sender, now and then one with a body of its own.
func killDraft(c domain.ConversationID, sender domain.UserID, n int) domain.Draft {
	body := fmt.Sprintf("message %d", n)
	if n%7 == 0 {
		body += strings.Repeat(" and more", 200)
	}
	return domain.Draft{Conversation: c, Sender: sender, ClientMsgID: fmt.Sprint(n), Body: body}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
