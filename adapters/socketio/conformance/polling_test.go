package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/internal/siotest"
)

const (
	unknownSession = `{"code":1,"message":"Session ID unknown"}`
	badRequest     = `{"code":3,"message":"Bad request"}`
)

// requireGone requires that nobody knows the session any more.
func requireGone(t *testing.T, c *siotest.Client, sid string) {
	t.Helper()
	a := c.Poll(sid)
	require.Equal(t, http.StatusBadRequest, a.Status)
	require.Equal(t, unknownSession, a.Body)
}

func TestPollingCarriesPacketsBothWays(t *testing.T) {
	tests := map[string]string{
		"one text":                 "4hello",
		"several texts, in order":  "4test1\x1e4test2\x1e4test3",
		"text and binary together": "4hello\x1ebAQIDBA==",
		"text beyond ASCII":        "4€ grüße 🎉",
		"the empty message":        "4",
	}
	for name, payload := range tests {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				sid := c.Open()
				a := c.Post(sid, payload)
				require.Equal(t, http.StatusOK, a.Status)
				require.Equal(t, "ok", a.Body)
				a = c.Poll(sid)
				require.Equal(t, http.StatusOK, a.Status)
				require.Equal(t, "text/plain; charset=UTF-8", a.Header.Get("Content-Type"))
				require.Equal(t, payload, a.Body)
			})
		})
	}
}

func TestAGetWaitsForTheFirstPacket(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		answer := c.StartPoll(t.Context(), sid)
		synctest.Wait()
		require.Empty(t, answer)
		c.Push(sid, "4hello")
		require.Equal(t, "4hello", (<-answer).Body)
	})
}

func TestABrokenPacketEndsTheSession(t *testing.T) {
	for name, payload := range map[string]string{
		"unknown type":                   "abc",
		"empty payload":                  "",
		"empty packet":                   "4a\x1e\x1e4b",
		"binary that is no base64":       "b!",
		"a ping, which only we may send": "2",
	} {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				sid, other := c.Open(), c.Open()
				require.Equal(t, http.StatusBadRequest, c.Post(sid, payload).Status)
				requireGone(t, c, sid)
				c.Push(other, "4alive")
				require.Equal(t, "4alive", c.Poll(other).Body)
			})
		})
	}
}

func TestASecondGetEndsTheSession(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		first := c.StartPoll(t.Context(), sid)
		synctest.Wait()
		second := c.Poll(sid)
		require.Equal(t, http.StatusBadRequest, second.Status)
		require.Equal(t, badRequest, second.Body)
		a := <-first
		require.Equal(t, http.StatusOK, a.Status)
		require.Equal(t, "1", a.Body)
		requireGone(t, c, sid)
	})
}

// A gateway that passes POSTs on does so once their bodies are there.
func TestASecondPostEndsTheSession(t *testing.T) {
	directly(t, "/engine.io/", func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		body, rest := io.Pipe()
		first := make(chan siotest.Answer, 1)
		go func() { first <- c.PostBody(sid, body, "text/plain") }()
		_, err := io.WriteString(rest, "4half")
		require.NoError(t, err)
		synctest.Wait()
		a := c.Post(sid, "4whole")
		require.Equal(t, http.StatusBadRequest, a.Status)
		require.Equal(t, badRequest, a.Body)
		require.NoError(t, rest.Close())
		require.NoError(t, (<-first).Err)
		requireGone(t, c, sid)
	})
}

func TestAnAbortedGetEndsTheSession(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		ctx, abort := context.WithCancel(t.Context())
		answer := c.StartPoll(ctx, sid)
		synctest.Wait()
		abort()
		require.ErrorIs(t, (<-answer).Err, context.Canceled)
		synctest.Wait()
		a := c.Post(sid, "4hello")
		require.Equal(t, http.StatusBadRequest, a.Status)
		require.Equal(t, unknownSession, a.Body)
	})
}

func TestAPostIsRefused(t *testing.T) {
	tooLong := "4" + strings.Repeat("x", 1_000_000)
	tests := map[string]struct {
		body        func() io.Reader
		contentType string
		status      int
	}{
		"above maxPayload": {
			func() io.Reader { return strings.NewReader(tooLong) }, "text/plain", http.StatusRequestEntityTooLarge,
		},
		"above maxPayload, of unannounced length": {
			func() io.Reader { return io.MultiReader(strings.NewReader(tooLong)) }, "text/plain", http.StatusRequestEntityTooLarge,
		},
		"as an octet stream": {
			func() io.Reader { return strings.NewReader("4hello") }, "application/octet-stream", http.StatusBadRequest,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			engineIO(t, func(t *testing.T, c *siotest.Client) {
				sid := c.Open()
				a := c.PostBody(sid, tc.body(), tc.contentType)
				require.NoError(t, a.Err)
				require.Equal(t, tc.status, a.Status)
				c.Push(sid, "4alive")
				require.Equal(t, "4alive", c.Poll(sid).Body)
			})
		})
	}
}

func TestThePayloadMayBeAsLongAsAnnounced(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		longest := "4" + strings.Repeat("x", 999_999)
		c.Push(sid, longest)
		require.Equal(t, longest, c.Poll(sid).Body)
	})
}

func TestAnAnswerStaysUnderMaxPayload(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		half := "4" + strings.Repeat("x", 600_000)
		c.Push(sid, half)
		c.Push(sid, half, "4end")
		require.Equal(t, half, c.Poll(sid).Body)
		require.Equal(t, half+"\x1e4end", c.Poll(sid).Body)
	})
}

func TestOtherMethodsAndTransportsAreRefusedWithoutHarm(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		for _, a := range []siotest.Answer{
			c.Do(t.Context(), http.MethodPut, "EIO=4&transport=polling&sid="+sid, nil, nil),
			c.Do(t.Context(), http.MethodGet, "EIO=4&transport=websocket&sid="+sid, nil, nil),
		} {
			require.NoError(t, a.Err)
			require.Equal(t, http.StatusBadRequest, a.Status)
			require.Equal(t, badRequest, a.Body)
		}
		c.Push(sid, "4alive")
		require.Equal(t, "4alive", c.Poll(sid).Body)
	})
}

func TestPollingIsNotForASessionOnAWebSocket(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		ws := c.WebSocket("")
		sid := c.SID(ws.Read())
		for _, a := range []siotest.Answer{c.Poll(sid), c.Post(sid, "4hello")} {
			require.Equal(t, http.StatusBadRequest, a.Status)
			require.Equal(t, badRequest, a.Body)
		}
		ws.Send("4alive")
		ws.Expect("4alive")
	})
}

func TestTheClientClosesByPost(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		answer := c.StartPoll(t.Context(), sid)
		synctest.Wait()
		c.Push(sid, "1")
		a := <-answer
		require.Equal(t, http.StatusOK, a.Status)
		require.Equal(t, "6", a.Body)
		requireGone(t, c, sid)
	})
}

func TestPollingHeartbeat(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		for range 5 {
			start := time.Now()
			require.Equal(t, "2", c.Poll(sid).Body)
			require.Equal(t, 300*time.Millisecond, time.Since(start))
			c.Push(sid, "3")
		}
	})
}

func TestThePingWaitsForTheNextGet(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		<-time.After(400 * time.Millisecond)
		start := time.Now()
		require.Equal(t, "2", c.Poll(sid).Body)
		require.Zero(t, time.Since(start))
	})
}

func TestAPollAtTheVeryEndOfTheHeartbeatIsTooLate(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		<-time.After(500 * time.Millisecond)
		requireGone(t, c, sid)
	})
}

func TestAPingWithoutPongEndsAWaitingGet(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		start := time.Now()
		require.Equal(t, "2", c.Poll(sid).Body)
		require.Equal(t, "1", c.Poll(sid).Body)
		require.Equal(t, 500*time.Millisecond, time.Since(start))
		requireGone(t, c, sid)
	})
}

func TestACloseThatOvertakesItsGetWaitsForIt(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		posted := make(chan siotest.Answer, 1)
		go func() { posted <- c.PostBody(sid, strings.NewReader("1"), "text/plain") }()
		synctest.Wait()
		start := time.Now()
		require.Equal(t, "6", c.Poll(sid).Body)
		require.Equal(t, "ok", (<-posted).Body)
		require.Zero(t, time.Since(start))
		requireGone(t, c, sid)
	})
}

func TestACloseWithoutAGetEndsTheSession(t *testing.T) {
	engineIO(t, func(t *testing.T, c *siotest.Client) {
		sid := c.Open()
		start := time.Now()
		c.Push(sid, "4hello", "1")
		require.LessOrEqual(t, time.Since(start), 100*time.Millisecond)
		requireGone(t, c, sid)
	})
}
