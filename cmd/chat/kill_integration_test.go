//go:build integration

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

const (
	kills   = 8
	senders = 4
)

// TestNothingIsLostWhenTheProcessIsKilled kills the server again and again while people send and one listens. Every
// acknowledged message is in history at its seq, once; the log has no hole; and the listener was handed every message
// exactly once, in order.
func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	p := newProcess(t)
	p.start()
	l := newLoad(ctx, t, p.url())

	for range kills {
		target := l.acked.Load() + int64(20+rand.IntN(60))
		require.Eventually(t, func() bool { return l.acked.Load() >= target }, 30*time.Second, time.Millisecond)
		p.kill()
		p.start()
	}
	sent := l.finish()
	l.check(ctx, sent)
}

// load is people who send without pause, and a listener.
type load struct {
	t        *testing.T
	listener *sdk.Client
	group    string
	acked    atomic.Int64
	stop     context.CancelFunc
	sending  sync.WaitGroup

	mu   sync.Mutex
	sent []sdk.Message

	sub *sdk.Subscription
}

func newLoad(ctx context.Context, t *testing.T, url string) *load {
	t.Helper()
	l := &load{t: t}
	people, ids := newPeople(ctx, t, url, senders+1)
	l.listener = people[senders]
	group, err := l.listener.CreateGroup(ctx, "Killed", ids[:senders]...)
	require.NoError(t, err)
	l.group = group.ConversationID
	l.sub, err = l.listener.Subscribe(ctx)
	require.NoError(t, err)
	t.Cleanup(l.sub.Close)

	sendCtx, stop := context.WithCancel(ctx)
	l.stop = stop
	for i, client := range people[:senders] {
		l.sending.Go(func() { l.send(ctx, sendCtx, i, client) })
	}
	return l
}

// send posts one message after another, each until it is acknowledged.
func (l *load) send(ctx, until context.Context, who int, client *sdk.Client) {
	outbox := client.Outbox()
	defer outbox.Close()
	for n := 0; until.Err() == nil; n++ {
		d, err := outbox.Send(ctx, l.group, fmt.Sprintf("message %d of %d", n, who))
		if !assert.NoError(l.t, err) {
			return
		}
		m, err := d.Wait(ctx)
		if !assert.NoError(l.t, err) {
			return
		}
		l.mu.Lock()
		l.sent = append(l.sent, m)
		l.mu.Unlock()
		l.acked.Add(1)
	}
}

// finish stops the senders and returns what was acknowledged.
func (l *load) finish() []sdk.Message {
	l.stop()
	l.sending.Wait()
	return l.sent
}

func (l *load) check(ctx context.Context, sent []sdk.Message) {
	t := l.t
	var history []sdk.Message
	for m, err := range l.listener.History(ctx, l.group, sdk.After(0).Limit(200)) {
		require.NoError(t, err)
		history = append(history, m)
		require.EqualValues(t, len(history), m.Seq, "the log is dense")
	}
	require.Len(t, history, len(sent), "every message is there, and none twice")
	for _, m := range sent {
		there := history[m.Seq-1]
		require.Equal(t, m.MessageID, there.MessageID, "seq %d", m.Seq)
		require.Equal(t, m.Body, there.Preview, "seq %d", m.Seq)
	}
	for i := range history {
		m, err := l.sub.Next(ctx)
		require.NoError(t, err)
		require.Equal(t, history[i].MessageID, m.MessageID, "the listener gets seq %d next", i+1)
	}
}
