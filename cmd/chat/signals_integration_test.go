//go:build integration

package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestASecondInterruptEndsTheProcessAtOnce sends the second one while the first still waits for a request that takes long.
func TestASecondInterruptEndsTheProcessAtOnce(t *testing.T) {
	p := newProcess(t)
	p.env = []string{"DRAIN_PERIOD=1m"}
	p.start()
	holdRequest(t, p.addr)

	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	require.Eventually(t, func() bool { return !listens(p.addr) }, 10*time.Second, time.Millisecond, "it takes nobody new")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.cmd.Wait() // how it ended is looked at below
	}()
	select {
	case <-ended:
		require.Fail(t, "it does not wait for the request")
	case <-time.After(200 * time.Millisecond):
	}

	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-ended
		require.Fail(t, "the second interrupt did nothing")
	}
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, status.Signaled(), "exit code %d", status.ExitStatus())
	require.Equal(t, syscall.SIGINT, status.Signal())
}

// holdRequest sends the beginning of a request, and returns once the server waits for the rest.
func holdRequest(t *testing.T, addr string) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /api/users/auth/login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n", addr)
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
}

func listens(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}
