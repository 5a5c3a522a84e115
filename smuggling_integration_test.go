//go:build integration

package chatsystem_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exchange writes bytes as they are to the edge and returns the status of the first answer, 0 if there is none.
func (e *edge) exchange(bytes string) int {
	e.t.Helper()
	conn, err := net.DialTimeout("tcp", e.addr, 5*time.Second)
	require.NoError(e.t, err)
	defer conn.Close()
	require.NoError(e.t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(conn, bytes)
	require.NoError(e.t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	return readAnswer(e.t, res).StatusCode
}

// TestEdgeHidesNoRequestInAnother sends requests whose end two servers could see in two places. What follows the end as
// the one sees it is a request that the edge would refuse, had it seen it.
func TestEdgeHidesNoRequestInAnother(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	e := newEdge(t, newInstance(t, "message-service", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.RequestURI)
		mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	const post = "POST /api/messages/x HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n"
	const hidden = "POST /internal/hidden HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
	for name, tc := range map[string]struct {
		bytes string
		want  int
	}{
		"a length, and chunks":               {post + "Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
		"chunks, and a length":               {post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + hidden + "\r\n0\r\n\r\n", 400},
		"two lengths":                        {post + "Content-Length: 0\r\nContent-Length: 100\r\n\r\n" + hidden, 400},
		"a list of lengths":                  {post + "Content-Length: 0, 100\r\n\r\n" + hidden, 400},
		"a length with a sign":               {post + "Content-Length: +0\r\n\r\n" + hidden, 400},
		"a length in hexadecimal":            {post + "Content-Length: 0x0\r\n\r\n" + hidden, 400},
		"a coding that is not quite chunked": {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, 501},
		"a coding twice":                     {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden, 400},
		"a list of codings":                  {post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + hidden, 501},
		"a coding with a tab before it":      {post + "Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden, 501},
		"a space before the colon":           {post + "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden, 400},
		"a header folded onto the next line": {post + "X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden, 400},
		"a carriage return in a header":      {post + "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden, 400},
		"NUL in a header":                    {post + "X: y\x00z\r\n\r\n" + hidden, 400},
		"chunks in HTTP/1.0":                 {strings.Replace(post, "HTTP/1.1", "HTTP/1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
		"a chunk longer than all memory":     {post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n" + hidden, 400},
		"a chunk with a negative size":       {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden, 400},
		"two hosts":                          {"GET /api/messages/x HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + hidden, 400},
		"no host":                            {"GET /api/messages/x HTTP/1.1\r\n\r\n" + hidden, 400},
		"a version that will be":             {"GET /api/messages/x HTTP/9.9\r\nHost: x\r\n\r\n" + hidden, 505},
	} {
		assert.Equal(t, tc.want, e.exchange(tc.bytes), name)
	}
	// What is one request to both arrives as one, whatever the client says about the connection behind the edge.
	for name, bytes := range map[string]string{
		"a body in chunks":                 post + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Trailer: y\r\n\r\n",
		"a body that looks like a request": post + "Content-Length: 64\r\n\r\n" + (hidden + strings.Repeat(" ", 64))[:64],
		"a target with a host in it":       "GET http://y/api/messages/x HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		assert.Equal(t, http.StatusOK, e.exchange(bytes), name)
	}
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []string{"/api/messages/x", "/api/messages/x", "/api/messages/x"}, paths)
}

// TestEdgeKeepsItsHeaders: a client cannot have the edge drop what it says by calling it a matter of the connection.
func TestEdgeKeepsItsHeaders(t *testing.T) {
	e := newEdge(t, echoes(t)...)
	for _, path := range []string{"/api/chats/x", "/socket.io/"} {
		seen := e.get(path, "Connection", "close, X-Real-Ip, X-Forwarded-For, X-Forwarded-Proto, X-Request-Id, Authorization", "Authorization", "Bearer t").seen(t)
		for _, name := range []string{"X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "Authorization"} {
			assert.Len(t, seen.Header[name], 1, name)
		}
		assert.NotContains(t, seen.Header.Get("Connection"), "X-", path)
	}
}
