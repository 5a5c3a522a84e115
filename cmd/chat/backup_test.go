package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

// backup runs `chat backup` on the data of p and returns what it says.
func (p *process) backup(target string) (string, error) {
	p.t.Helper()
	self, err := os.Executable()
	require.NoError(p.t, err)
	cmd := exec.CommandContext(deadline(p.t, time.Minute), self, "backup", target)
	cmd.Env = append(cmd.Environ(), "DATA_DIR="+filepath.Join(p.dir, "data"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestBackup(t *testing.T) {
	t.Run("taken while people send, it holds whatever was acknowledged before, without holes", func(t *testing.T) {
		t.Parallel()
		ctx := deadline(t, 2*time.Minute)
		p := newProcess(t)
		p.start()
		ada := signUp(ctx, t, p.url())
		group, err := ada.CreateGroup(ctx, "Notes")
		require.NoError(t, err)
		sent := sendMeanwhile(ctx, t, ada, group.ConversationID)
		require.Eventually(t, func() bool { return len(sent.sofar()) > 200 }, time.Minute, time.Millisecond)

		before := sent.sofar()
		restored := newProcess(t)
		out, err := p.backup(filepath.Join(restored.dir, "data"))
		require.NoError(t, err, out)
		require.Eventually(t, func() bool { return len(sent.sofar()) > len(before)+50 }, time.Minute, time.Millisecond, "sending goes on")
		sent.end()
		p.kill()

		restored.start()
		again, err := sdk.New(restored.url(), sdk.WithTokens(ada.Tokens()))
		require.NoError(t, err)
		history := map[string]int64{}
		last := int64(0)
		for m, err := range again.History(ctx, group.ConversationID, sdk.After(0)) {
			require.NoError(t, err)
			require.Equal(t, last+1, m.Seq, "a hole")
			last, history[m.MessageID] = m.Seq, m.Seq
		}
		for _, m := range before {
			require.Equal(t, m.Seq, history[m.MessageID], "message %d was acknowledged before the backup", m.Seq)
		}
		next, err := again.Send(ctx, group.ConversationID, "after the restore")
		require.NoError(t, err, "who was signed in still is")
		assert.Equal(t, last+1, next.Seq)
	})
	t.Run("a stopped server's data can be copied, and nobody else can read the copy", func(t *testing.T) {
		t.Parallel()
		p := newProcess(t)
		p.start()
		signUp(deadline(t, time.Minute), t, p.url())
		require.Equal(t, 0, p.stop())
		target := filepath.Join(p.dir, "copy")
		out, err := p.backup(target)
		require.NoError(t, err, out)
		files, err := filepath.Glob(filepath.Join(target, "*"))
		require.NoError(t, err)
		require.Len(t, files, 2, "database and key")
		for _, file := range append(files, target) {
			info, err := os.Stat(file)
			require.NoError(t, err)
			assert.Zero(t, info.Mode().Perm()&0o077, file)
		}
	})
	t.Run("what is there already is left alone", func(t *testing.T) {
		t.Parallel()
		p := newProcess(t)
		p.start()
		target := filepath.Join(p.dir, "copy")
		require.NoError(t, os.Mkdir(target, 0o700))
		out, err := p.backup(target)
		require.Error(t, err)
		assert.Contains(t, out, "there already")
	})
	t.Run("without data there is no copy, not even part of one", func(t *testing.T) {
		t.Parallel()
		p := newProcess(t)
		require.NoError(t, os.Mkdir(filepath.Join(p.dir, "data"), 0o700))
		out, err := p.backup(filepath.Join(p.dir, "copy"))
		require.Error(t, err)
		assert.Contains(t, out, "chat.db")
		left, err := filepath.Glob(filepath.Join(p.dir, "copy*"))
		require.NoError(t, err)
		assert.Empty(t, left)
		assert.NoFileExists(t, filepath.Join(p.dir, "data", "chat.db"))
	})
}

func signUp(ctx context.Context, t *testing.T, url string) *sdk.Client {
	t.Helper()
	client, err := sdk.New(url)
	require.NoError(t, err)
	_, err = client.Register(ctx, sdk.Registration{Email: "ada@example.org", Password: "correct horse", Username: "ada"})
	require.NoError(t, err)
	return client
}

// sending is messages that go out without pause from several senders.
type sending struct {
	mu    sync.Mutex
	acked []sdk.Message
	end   func()
}

func sendMeanwhile(ctx context.Context, t *testing.T, client *sdk.Client, conversation string) *sending {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	s := &sending{}
	var senders sync.WaitGroup
	for sender := range 4 {
		senders.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				m, err := client.Send(ctx, conversation, "message "+strconv.Itoa(n)+" of "+strconv.Itoa(sender))
				if err != nil {
					assert.ErrorIs(t, err, context.Canceled)
					return
				}
				s.mu.Lock()
				s.acked = append(s.acked, m)
				s.mu.Unlock()
			}
		})
	}
	s.end = func() { cancel(); senders.Wait() }
	t.Cleanup(s.end)
	return s
}

// sofar returns what has been acknowledged until now.
func (s *sending) sofar() []sdk.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked[:len(s.acked):len(s.acked)]
}
