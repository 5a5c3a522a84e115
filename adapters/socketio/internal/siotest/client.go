package siotest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// Client sends requests to one server. Its methods fail the test on anything but an answer.
type Client struct {
	t      *testing.T
	host   string
	path   string
	http   *http.Client
	dialer *websocket.Dialer
}

// At returns a client of another path of the same server; the first one is /socket.io/.
func (c *Client) At(path string) *Client {
	other := *c
	other.path = path
	return &other
}

// Host returns the server's address.
func (c *Client) Host() string { return c.host }

// Answer is the answer to a request. Err is set instead if there was none.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Err    error
}

// Do sends a request. The query is everything after the question mark.
func (c *Client) Do(ctx context.Context, method, query string, body io.Reader, header http.Header) Answer {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.host+c.path+"?"+query, body)
	if err != nil {
		return Answer{Err: err}
	}
	for k, v := range header {
		r.Header[k] = v
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return Answer{Err: err}
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(content), Err: err}
}

// Get sends a GET with the query.
func (c *Client) Get(query string) Answer {
	c.t.Helper()
	a := c.Do(c.t.Context(), http.MethodGet, query, nil, nil)
	require.NoError(c.t, a.Err)
	return a
}

// Open opens a long-polling session and returns its sid.
func (c *Client) Open() string {
	c.t.Helper()
	a := c.Get("EIO=4&transport=polling")
	require.Equal(c.t, http.StatusOK, a.Status, a.Body)
	return c.SID(a.Body)
}

// SID reads the sid out of an open packet.
func (c *Client) SID(open string) string {
	c.t.Helper()
	require.True(c.t, strings.HasPrefix(open, "0{"), open)
	var handshake struct {
		SID string `json:"sid"`
	}
	require.NoError(c.t, json.Unmarshal([]byte(open[1:]), &handshake))
	require.NotEmpty(c.t, handshake.SID)
	return handshake.SID
}

func session(sid string) string { return "EIO=4&transport=polling&sid=" + sid }

// Poll sends the session's GET and waits for the answer.
func (c *Client) Poll(sid string) Answer {
	c.t.Helper()
	return c.Get(session(sid))
}

// StartPoll sends the session's GET, which ctx aborts, and returns where the answer will be.
func (c *Client) StartPoll(ctx context.Context, sid string) <-chan Answer {
	answer := make(chan Answer, 1)
	go func() { answer <- c.Do(ctx, http.MethodGet, session(sid), nil, nil) }()
	return answer
}

// PollWithoutReading sends the session's GET and reads no more of the answer than fits a buffer.
func (c *Client) PollWithoutReading(sid string) io.Closer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://"+c.host+c.path+"?"+session(sid), nil)
	require.NoError(c.t, err)
	resp, err := c.http.Do(r)
	require.NoError(c.t, err)
	return resp.Body
}

// Post sends the session's POST with whatever body.
func (c *Client) Post(sid, body string) Answer {
	c.t.Helper()
	a := c.PostBody(sid, strings.NewReader(body), "text/plain;charset=UTF-8")
	require.NoError(c.t, a.Err)
	return a
}

// PostBody is Post with a reader and a content type, for any goroutine.
func (c *Client) PostBody(sid string, body io.Reader, contentType string) Answer {
	return c.Do(c.t.Context(), http.MethodPost, session(sid), body, http.Header{"Content-Type": {contentType}})
}

// Push posts packets and requires the server to take them.
func (c *Client) Push(sid string, packets ...string) {
	c.t.Helper()
	a := c.Post(sid, strings.Join(packets, "\x1e"))
	require.Equal(c.t, http.StatusOK, a.Status, a.Body)
	require.Equal(c.t, "ok", a.Body)
}
