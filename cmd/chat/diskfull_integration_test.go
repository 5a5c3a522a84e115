//go:build integration && linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"chatsystem/cmd/internal/scenario"
	"chatsystem/sdk"
)

// fullDisk is a way to leave a process no room to write.
type fullDisk struct {
	code       string // of the problem that senders get
	wrap       func(p *process)
	fill, free func(p *process) error
}

// fullDisks are a limit on the size of files, which every process may have; and a file system that is full, where this
// process may mount one for its child alone.
func fullDisks(t *testing.T) map[string]fullDisk {
	disks := map[string]fullDisk{
		"files must not grow": {
			code: sdk.CodeUnavailable, wrap: func(*process) {},
			fill: func(p *process) error { return limitFiles(p, 4096) },
			free: func(p *process) error { return limitFiles(p, unix.RLIM_INFINITY) },
		},
	}
	small := fullDisk{code: sdk.CodeStorageFull, wrap: onSmallDisk, fill: fillDisk, free: func(p *process) error { return os.Remove(filler(p)) }}
	probe := exec.Command("true")
	inOwnMounts(probe, t.TempDir())
	if out, err := probe.CombinedOutput(); err != nil {
		t.Logf("no file system of its own for the server: %v %s", err, out)
		return disks
	}
	disks["no space left"] = small
	return disks
}

func limitFiles(p *process, size uint64) error {
	return unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil)
}

// onSmallDisk lets the server keep its data on a file system that is gone with it.
func onSmallDisk(p *process) {
	p.wrap = func(cmd *exec.Cmd) { inOwnMounts(cmd, p.data()) }
}

// inOwnMounts starts a command where dir is a file system of 8 MiB that nobody else sees.
func inOwnMounts(cmd *exec.Cmd, dir string) {
	const script = `mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"`
	cmd.Args = append([]string{"sh", "-c", script, dir, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
}

// filler is a file on the server's file system, as seen from here.
func filler(p *process) string {
	return filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "root", p.data(), "filler")
}

func fillDisk(p *process) error {
	f, err := os.Create(filler(p))
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; { // smaller and smaller, to the last byte
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	return nil
}

// TestADiskThatIsFull takes all room away under load: sends are refused with the reason, reads go on, nothing is kept of
// what was refused, and when there is room again everything goes on.
func TestADiskThatIsFull(t *testing.T) {
	for name, disk := range fullDisks(t) {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, 2*time.Minute)
			p := newProcess(t)
			require.NoError(t, os.MkdirAll(p.data(), 0o700))
			disk.wrap(p)
			p.start()
			load, err := scenario.StartLoad(ctx, scenario.Crowd{Senders: 2, Listeners: 2}, p.url())
			require.NoError(t, err)
			defer load.Close()
			people, ids := newPeople(ctx, t, p.url(), 2)
			ada, ben := people[0], people[1]
			dm, err := ada.CreateDM(ctx, ids[1])
			require.NoError(t, err)
			_, err = ada.Send(ctx, dm.ConversationID, "before")
			require.NoError(t, err)
			require.Eventually(t, func() bool { return load.Acknowledged() > 100 }, 30*time.Second, time.Millisecond)

			require.NoError(t, disk.fill(p))
			freed := false
			defer func() {
				if !freed {
					_ = disk.free(p) // so that the load can end
				}
			}()
			var during string // the first message that is refused
			require.Eventually(t, func() bool {
				during = "during-" + strconv.FormatInt(time.Now().UnixNano(), 10)
				refusal := post(ctx, t, p, ada, dm.ConversationID, during)
				return refusal.status == http.StatusServiceUnavailable && refusal.code == disk.code && refusal.retryAfter != ""
			}, 60*time.Second, time.Millisecond)
			history, err := ben.Page(ctx, dm.ConversationID, sdk.Latest())
			require.NoError(t, err, "reads go on")
			require.NotEqual(t, during, history.Messages[len(history.Messages)-1].ClientMsgID)
			c, err := ben.Conversation(ctx, dm.ConversationID)
			require.NoError(t, err)
			assert.Equal(t, history.Messages[len(history.Messages)-1].Seq, c.LastSeq, "nothing is half-written")

			require.NoError(t, disk.free(p))
			freed = true
			began := time.Now()
			sent, err := ada.Send(ctx, dm.ConversationID, during, sdk.WithClientMsgID(during))
			require.NoError(t, err)
			assert.Equal(t, c.LastSeq+1, sent.Seq)
			acknowledged := load.Acknowledged()
			require.Eventually(t, func() bool { return load.Acknowledged() > acknowledged+20 }, 30*time.Second, time.Millisecond)
			t.Logf("everything works %v after there was room again", time.Since(began).Round(time.Millisecond))
			verdict, err := load.Finish(ctx)
			t.Log(verdict)
			require.NoError(t, err)
			require.NoError(t, verdict.Err())
			require.Zero(t, verdict.Voids)
		})
	}
}

// refusal is what an answer says, beyond what the SDK shows.
type refusal struct {
	status           int
	code, retryAfter string
}

// post sends once, without the SDK's retries; the text is the client_msg_id, too.
func post(ctx context.Context, t *testing.T, p *process, from *sdk.Client, conversation, text string) refusal {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url()+"/api/messages/conversations/"+conversation+"/messages",
		strings.NewReader(`{"client_msg_id":"`+text+`","body":"`+text+`"}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+from.Tokens().AccessToken)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer answer.Body.Close()
	var problem struct{ Code string }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&problem))
	return refusal{answer.StatusCode, problem.Code, answer.Header.Get("Retry-After")}
}
