package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNobodyWhoReadsTheLogStopsTheChat: the reader ends, or stalls, and requests are answered as before.
func TestNobodyWhoReadsTheLogStopsTheChat(t *testing.T) {
	for name, reads := range map[string]func(*testing.T, *os.File){
		"a reader that ended":  func(t *testing.T, r *os.File) { require.NoError(t, r.Close()) },
		"a reader that stalls": func(*testing.T, *os.File) {},
	} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			require.NoError(t, err)
			t.Cleanup(func() { _ = r.Close() })
			p := newProcess(t)
			p.env = []string{"LOG_LEVEL=debug"}
			p.wrap = func(c *exec.Cmd) { c.Stderr = w }
			p.start()
			require.NoError(t, w.Close())
			reads(t, r)
			client := http.Client{Timeout: 5 * time.Second}
			for range 2000 { // more lines than a pipe holds
				answer, err := client.Get(p.url() + "/api/users/me")
				require.NoError(t, err)
				require.NoError(t, answer.Body.Close())
				require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
			}
			answer, err := client.Get(p.url() + "/readyz")
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusOK, answer.StatusCode)
			require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
			ended := make(chan error, 1)
			go func() { ended <- p.cmd.Wait() }()
			select {
			case err := <-ended:
				require.NoError(t, err, "it stops as it should")
			case <-time.After(20 * time.Second):
				require.Fail(t, "it does not stop")
			}
		})
	}
}

// TestAStartThatFailsSaysWhyInASentence, and nothing of how the program is built.
func TestAStartThatFailsSaysWhyInASentence(t *testing.T) {
	running := newProcess(t)
	running.start()
	for name, tc := range map[string]struct {
		prepare func(*process)
		code    int
		says    string
	}{
		"an address that is taken": {func(p *process) { p.addr = running.addr }, 1, "address already in use"},
		"a folder that is in use":  {func(p *process) { p.dir = running.dir }, 1, "in use by another process"},
		"a damaged file": {func(p *process) {
			require.NoError(t, os.MkdirAll(p.data(), 0o700))
			require.NoError(t, os.WriteFile(p.data()+"/chat.db", []byte("noise"), 0o600))
		}, 3, "restore a backup"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProcess(t)
			tc.prepare(p)
			said, code := p.fails(t)
			require.Equal(t, tc.code, code, said)
			require.Contains(t, said, tc.says)
			require.Len(t, strings.Split(strings.TrimSpace(said), "\n"), 1, said)
			for _, inner := range []string{"fx", "chatsystem/", ".go:"} {
				require.NotContains(t, said, inner)
			}
		})
	}
}

// fails runs the program, which must end by itself, and returns what it says and its exit code.
func (p *process) fails(t *testing.T) (string, int) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "serve")
	cmd.Env = append(cmd.Environ(), "HTTP_ADDR="+p.addr, "DATA_DIR="+p.data(), "LOG_LEVEL=error")
	var said strings.Builder
	cmd.Stderr, cmd.Stdout = &said, io.Discard
	err = cmd.Run()
	require.Error(t, err)
	return said.String(), cmd.ProcessState.ExitCode()
}
