package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheProgramSaysWhereItListensAndStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, "127.0.0.1:0", in) }()

	addr, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	for path, status := range map[string]int{
		"/engine.io/": http.StatusOK, "/socket.io/": http.StatusOK, "/elsewhere/": http.StatusNotFound,
	} {
		resp, err := http.Get("http://" + strings.TrimSpace(addr) + path + "?EIO=4&transport=polling")
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, status, resp.StatusCode, path)
	}
	http.DefaultClient.CloseIdleConnections()

	stop()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(shutdownTimeout):
		require.Fail(t, "still running")
	}
}

func TestAnAddressThatIsTakenIsAnError(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), "256.0.0.1:0", io.Discard), "listen")
}
