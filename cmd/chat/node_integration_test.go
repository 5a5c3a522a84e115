//go:build integration

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStockClientsChat runs testdata/node/chat.test.mjs, two people with the real socket.io-client, against `chat serve`. Its
// packages are installed by `make test`.
func TestStockClientsChat(t *testing.T) {
	p := newProcess(t)
	p.env = []string{"ACCESS_TOKEN_TTL=8s"}
	p.start()
	cmd := exec.CommandContext(deadline(t, 3*time.Minute), "node", "--test", "chat.test.mjs")
	cmd.Dir = filepath.Join("..", "..", "testdata", "node")
	cmd.Env = append(cmd.Environ(), "SERVER_URL="+p.url(), "ACCESS_TOKEN_TTL_MS=8000")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
