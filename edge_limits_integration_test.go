//go:build integration

package chatsystem_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOneAddressCannotTakeTheWholeEdge opens as many polls from one address as it may have, and one more.
func TestOneAddressCannotTakeTheWholeEdge(t *testing.T) {
	const most = 2048
	release := make(chan struct{})
	gateway := newInstance(t, "gateway", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	e := newEdge(t, append(echoes(t)[:3], gateway)...)
	ask := func(path string) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: 10 * time.Second}
		conn, err := d.DialContext(t.Context(), "tcp", e.addr)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: chat\r\n\r\n", path)
		require.NoError(t, err)
		return conn
	}
	for range most {
		ask("/socket.io/?EIO=4&transport=polling&sid=x")
	}
	require.Eventually(t, func() bool { return gateway.requests.Load() == most }, 30*time.Second, 10*time.Millisecond)
	for path, conn := range map[string]net.Conn{"/socket.io/": ask("/socket.io/"), "/api/users/me": ask("/api/users/me")} {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, path)
		a := readAnswer(t, res)
		a.requireProblem(t, http.StatusTooManyRequests, "rate_limited")
		require.Equal(t, "1", a.Header.Get("Retry-After"))
	}
	require.Equal(t, "user-service", e.get("/api/users/me").seen(t).Service, "other addresses are served")
}
