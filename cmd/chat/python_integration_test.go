//go:build integration

package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestThePythonClientChats runs testdata/python/chat_test.py, a person with the real python-socketio, against `chat
// serve`, which is ended and started again when the script asks for it. Its packages are installed by `make test`.
func TestThePythonClientChats(t *testing.T) {
	p := newProcess(t)
	p.start()
	folder := filepath.Join("..", "..", "testdata", "python")
	python, err := filepath.Abs(filepath.Join(folder, ".venv", "bin", "python"))
	require.NoError(t, err)
	cmd := exec.CommandContext(deadline(t, 3*time.Minute), python, "chat_test.py")
	cmd.Dir = folder
	cmd.Env = append(cmd.Environ(), "SERVER_URL="+p.url())
	var said strings.Builder
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	restarts := 0
	for asks := bufio.NewScanner(out); asks.Scan(); {
		require.Equal(t, "restart", asks.Text())
		p.stop()
		p.start()
		restarts++
		_, err := fmt.Fprintln(in, "done")
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Wait(), "%s", &said)
	require.Equal(t, 3, restarts)
}
