package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

// newPeople returns signed-in clients and their accounts.
func newPeople(ctx context.Context, t *testing.T, url string, n int) ([]*sdk.Client, []string) {
	t.Helper()
	clients, ids := make([]*sdk.Client, n), make([]string, n)
	for i := range clients {
		client, err := sdk.New(url)
		require.NoError(t, err)
		u, err := client.Register(ctx, sdk.Registration{Email: fmt.Sprintf("u%d@example.org", i), Password: "correct horse", Username: fmt.Sprintf("user%d", i)})
		require.NoError(t, err)
		clients[i], ids[i] = client, u.UserID
	}
	return clients, ids
}

// race runs f n times at once and returns the results.
func race[T any](t *testing.T, n int, f func(i int) (T, error)) []T {
	t.Helper()
	results, errs := make([]T, n), make([]error, n)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { results[i], errs[i] = f(i) })
	}
	running.Wait()
	require.NoError(t, errors.Join(errs...))
	return results
}

// TestLimitsOverHTTP holds the promises to what a client sees, on both adapter sets.
func TestLimitsOverHTTP(t *testing.T) {
	for name, args := range map[string][]string{"durable": nil, "memory": {"--memory"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := deadline(t, 2*time.Minute)
			p := newProcess(t, args...)
			p.start()
			people, ids := newPeople(ctx, t, p.url(), 2)
			ada, ben := people[0], people[1]

			dms := race(t, 20, func(i int) (sdk.Conversation, error) { return people[i%2].CreateDM(ctx, ids[1-i%2]) })
			id := dms[0].ConversationID
			for _, dm := range dms {
				require.Equal(t, id, dm.ConversationID, "one DM per pair, in whichever direction it was opened")
			}

			t.Run("the largest message comes back byte by byte", func(t *testing.T) {
				body := strings.Repeat("🦜", 100_000)
				sent, err := ada.Send(ctx, id, body)
				require.NoError(t, err)
				got, err := ben.Message(ctx, id, sent.MessageID)
				require.NoError(t, err)
				assert.True(t, body == got.Body)
				_, err = ada.Send(ctx, id, body+"!")
				assert.True(t, sdk.HasCode(err, sdk.CodeValidationFailed))
			})
			t.Run("one client_msg_id, sent 50 times at once, is one message", func(t *testing.T) {
				sent := race(t, 50, func(int) (sdk.Message, error) { return ada.Send(ctx, id, "once", sdk.WithClientMsgID("one-id")) })
				for _, m := range sent {
					assert.Equal(t, sent[0], m)
				}
			})
			t.Run("messages sent at once get every seq once, and history pages over them both ways", func(t *testing.T) {
				group, err := ada.CreateGroup(ctx, "Many", ids[1])
				require.NoError(t, err)
				const each = 50
				sent := race(t, 20, func(i int) ([]sdk.Message, error) {
					var mine []sdk.Message
					for n := range each {
						m, err := people[i%2].Send(ctx, group.ConversationID, fmt.Sprintf("%d of %d", n, i))
						if err != nil {
							return nil, err
						}
						mine = append(mine, m)
					}
					return mine, nil
				})
				bySeq := map[int64]string{}
				for _, mine := range sent {
					for _, m := range mine {
						bySeq[m.Seq] = m.MessageID
					}
				}
				require.Len(t, bySeq, 20*each)
				up, down := int64(0), int64(20*each)
				for m, err := range ben.History(ctx, group.ConversationID, sdk.After(0).Limit(70)) {
					require.NoError(t, err)
					up++
					require.Equal(t, up, m.Seq)
					require.Equal(t, bySeq[up], m.MessageID)
				}
				for m, err := range ben.History(ctx, group.ConversationID, sdk.Latest().Limit(70)) {
					require.NoError(t, err)
					require.Equal(t, down, m.Seq)
					down--
				}
				assert.EqualValues(t, 20*each, up)
				assert.Zero(t, down)
			})
		})
	}
}
