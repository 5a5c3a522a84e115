//go:build e2e

package e2e

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// balance spreads the connections to an address over instances: each goes to the next one that takes it.
func balance(t *testing.T, address string, instances []string) {
	t.Helper()
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	var serving sync.WaitGroup
	var turn atomic.Int64
	serving.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer client.Close()
				for range instances {
					host := instances[int(turn.Add(1))%len(instances)]
					dialer := net.Dialer{Timeout: time.Second}
					if server, err := dialer.DialContext(t.Context(), "tcp", host+":"+servicePort); err == nil {
						join(client, server)
						return
					}
				}
			}()
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		serving.Wait()
	})
}

// join copies both ways until one side ends, then ends the other.
func join(a, b net.Conn) {
	defer b.Close()
	var copying sync.WaitGroup
	copying.Go(func() {
		_, _ = io.Copy(b, a)
		_ = b.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(a, b)
	_ = a.(*net.TCPConn).CloseWrite()
	copying.Wait()
}
