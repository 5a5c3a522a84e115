package wiring

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoHadConnectedIsServedAfterTheClose(t *testing.T) {
	var cfg net.ListenConfig
	ln, err := cfg.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln = takeLastCalls(ln)
	var clients []net.Conn
	for range 20 { // before anybody accepts
		conn, err := net.DialTimeout("tcp", ln.Addr().String(), time.Second)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		require.NoError(t, err)
		clients = append(clients, conn)
	}
	require.NoError(t, ln.Close())
	_, err = net.DialTimeout("tcp", ln.Addr().String(), time.Second)
	require.Error(t, err, "nobody else")

	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.NotFoundHandler()}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(ln) }) // to the end of those who waited
	for _, conn := range clients {
		status := make([]byte, len("HTTP/1.0 404"))
		_, err := conn.Read(status)
		require.NoError(t, err)
		assert.Equal(t, "HTTP/1.0 404", string(status))
	}
	serving.Wait()
}
