//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

// node runs a program of testdata/node, whose packages are installed by `make test`.
func node(ctx context.Context, args []string, settings ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Dir = filepath.Join("..", "..", "testdata", "node")
	cmd.Env = append(cmd.Environ(), settings...)
	return cmd
}

// TestStockClientsChat runs testdata/node/chat.test.mjs, two people with the real socket.io-client on every transport, against
// the five services.
func TestStockClientsChat(t *testing.T) {
	ctx := deadline(t, 5*time.Minute)
	s := newStack(t, "ACCESS_TOKEN_TTL=15s")
	out, err := node(ctx, []string{"--test", "chat.test.mjs"}, "SERVER_URL="+s.url, "ACCESS_TOKEN_TTL_MS=15000").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestPollingNeedsNoStickySessions lets nginx spread the requests of one long-polling session over two gateways, and then kills
// the one that has the session.
func TestPollingNeedsNoStickySessions(t *testing.T) {
	ctx := deadline(t, 5*time.Minute)
	s := newStack(t)
	ada, ben := s.person(ctx, t), s.person(ctx, t)
	dm, err := ada.CreateDM(ctx, ben.id)
	require.NoError(t, err)
	var sent []string
	send := func(n int) {
		for range n {
			m, err := ada.Send(ctx, dm.ConversationID, fmt.Sprint("number ", len(sent)+1))
			require.NoError(t, err)
			sent = append(sent, m.MessageID)
		}
	}
	f := &follower{account: ben, conversation: dm.ConversationID, says: poll(ctx, t, s.url, ben)}
	f.follow(ctx, t, func() bool { return f.sessions == 1 })

	send(200)
	f.follow(ctx, t, func() bool { return len(f.messages) >= len(sent) })
	require.Equal(t, sent, f.messages)
	require.Equal(t, 1, f.sessions, "one session has lasted")
	require.Greater(t, f.live, len(sent)/2, "messages come as events")
	gateways := s.running["gateway"]
	require.NotZero(t, s.metric(ctx, t, gateways[0], "chat_gateway_forwarded_total")+s.metric(ctx, t, gateways[1], "chat_gateway_forwarded_total"))

	owner := gateways[0]
	if s.connections(ctx, t, 0) == 0 {
		owner = gateways[1]
	}
	send(20)
	owner.kill()
	send(20)
	owner.start()
	send(20)
	f.follow(ctx, t, func() bool { return len(f.messages) >= len(sent) })
	require.Equal(t, sent, f.messages)
	require.Greater(t, f.sessions, 1, "the client has come back by itself")
}

// heard is an event of the stock client, with what this test looks at.
type heard struct {
	Event     string `json:"event"`
	Seq       int64  `json:"seq"`
	MessageID string `json:"message_id"`
}

// poll connects a person by long-polling, until the test ends.
func poll(ctx context.Context, t *testing.T, url string, a account) <-chan heard {
	t.Helper()
	cmd := node(ctx, []string{"listen.mjs"}, "SERVER_URL="+url, "ACCESS_TOKEN="+a.Tokens().AccessToken)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	says := make(chan heard, 1000)
	go func() {
		defer close(says)
		events := json.NewDecoder(out)
		for {
			var h heard
			if err := events.Decode(&h); err != nil {
				return // the client has ended
			}
			select {
			case says <- h:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		for range says { // until it is closed: the context has ended the client
		}
		_ = cmd.Wait()
	})
	return says
}

// follower keeps a conversation as clients do: an event is taken if it is the next one, and everything else comes from
// history.
type follower struct {
	account
	conversation string
	says         <-chan heard

	last     int64    // everything up to this seq is in messages
	messages []string // their ids, in order
	live     int      // how many of them came as events
	sessions int      // how often the client has authenticated
}

// follow listens until enough has come.
func (f *follower) follow(ctx context.Context, t *testing.T, enough func() bool) {
	t.Helper()
	for !enough() {
		select {
		case h, open := <-f.says:
			require.True(t, open, "the client has ended")
			f.hear(ctx, t, h)
		case <-ctx.Done():
			require.FailNow(t, "not in time", "%d messages, %d of them live, in %d sessions", len(f.messages), f.live, f.sessions)
		}
	}
}

func (f *follower) hear(ctx context.Context, t *testing.T, h heard) {
	t.Helper()
	switch {
	case h.Event == "authenticated":
		f.sessions++
		f.catchUp(ctx, t)
	case h.Event == "resync", h.Event == "message:new" && h.Seq > f.last+1:
		f.catchUp(ctx, t)
	case h.Event == "message:new" && h.Seq == f.last+1:
		f.last, f.live, f.messages = h.Seq, f.live+1, append(f.messages, h.MessageID)
	}
}

func (f *follower) catchUp(ctx context.Context, t *testing.T) {
	t.Helper()
	for more := true; more; {
		page, err := f.Page(ctx, f.conversation, sdk.After(f.last))
		require.NoError(t, err)
		for _, m := range page.Messages {
			f.messages = append(f.messages, m.MessageID)
		}
		f.last, more = page.NextSeq-1, page.HasMore
	}
}
