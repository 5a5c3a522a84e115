//go:build integration

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

// account is a signed-in SDK client and its user.
func account(ctx context.Context, t *testing.T, server, name string, opts ...sdk.Option) (*sdk.Client, sdk.User) {
	t.Helper()
	c, err := sdk.New(server, opts...)
	require.NoError(t, err)
	u, err := c.Register(ctx, sdk.Registration{Email: name + "@example.org", Password: "correct horse", Username: name})
	require.NoError(t, err)
	return c, u
}

// TestSDKAcrossRestartsOfBothSides has a program send through an outbox with a file, and another receive with a position
// file, while the server is killed and both programs stop and start. Every message is received once and in order, over
// either transport.
func TestSDKAcrossRestartsOfBothSides(t *testing.T) {
	for _, transport := range []sdk.Transport{sdk.WebSocket, sdk.Polling} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			server := newProcess(t)
			server.start()
			session := sdk.TokenFile(filepath.Join(t.TempDir(), "tokens"))
			ada, _ := account(ctx, t, server.url, "ada", sdk.WithTokenStore(session))
			ben, benUser := account(ctx, t, server.url, "ben", sdk.WithTransports(transport))
			group, err := ada.CreateGroup(ctx, "Garden", benUser.UserID)
			require.NoError(t, err)
			outboxPath, positionPath := filepath.Join(t.TempDir(), "outbox"), filepath.Join(t.TempDir(), "positions")

			const rounds, each = 5, 20
			var got, want []string
			receive := func(n int) { // a run of the receiving program
				positions, err := sdk.OpenPositionFile(positionPath)
				require.NoError(t, err)
				defer positions.Close()
				sub, err := ben.Subscribe(ctx, sdk.WithPositionStore(positions))
				require.NoError(t, err)
				defer sub.Close()
				for range n {
					m, err := sub.Next(ctx)
					require.NoError(t, err)
					got = append(got, m.Preview)
				}
				require.NoError(t, sub.Commit(ctx))
			}
			receive(0)
			for round := range rounds {
				sender, err := sdk.New(server.url, sdk.WithTokenStore(session))
				require.NoError(t, err)
				outbox, err := sender.OpenOutbox(ctx, outboxPath)
				require.NoError(t, err)
				for i := range each {
					text := fmt.Sprintf("%d of round %d", i, round)
					_, err := outbox.Send(ctx, group.ConversationID, text)
					require.NoError(t, err)
					want = append(want, text)
				}
				server.kill()
				outbox.Close() // whatever has not been sent stays in the file
				server.start()
				sendRest(ctx, t, sender, outboxPath)
				receive(each / 2)
			}
			receive(len(want) - len(got))
			assert.Equal(t, want, got)
		})
	}
}

// sendRest is a run of the sending program that sends what the last one left.
func sendRest(ctx context.Context, t *testing.T, c *sdk.Client, path string) {
	t.Helper()
	outbox, err := c.OpenOutbox(ctx, path)
	require.NoError(t, err)
	defer outbox.Close()
	require.NoError(t, outbox.Flush(ctx))
}

// TestSDKCallsTheWholeAPI makes every call that no command of chatctl makes.
func TestSDKCallsTheWholeAPI(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server := serve(t)
	ada, adaUser := account(ctx, t, server, "ada")
	ben, benUser := account(ctx, t, server, "ben")
	sub, err := ben.Subscribe(ctx)
	require.NoError(t, err)
	defer sub.Close()
	require.Eventually(t, func() bool { return sub.State().Phase == sdk.Live }, 10*time.Second, 10*time.Millisecond)

	group, err := ada.CreateGroup(ctx, "Garden", benUser.UserID)
	require.NoError(t, err)
	id := group.ConversationID
	event := func() sdk.Event {
		select {
		case e := <-sub.Events():
			return e
		case <-ctx.Done():
			require.Fail(t, "no event")
			return nil
		}
	}
	assert.Equal(t, id, event().(sdk.ConversationCreated).ConversationID)
	renamed, err := ada.Rename(ctx, id, "Yard")
	require.NoError(t, err)
	assert.Equal(t, "Yard", renamed.Title)
	assert.Equal(t, "Yard", event().(sdk.ConversationUpdated).Title)
	member, err := ada.SetRole(ctx, id, benUser.UserID, sdk.Admin)
	require.NoError(t, err)
	assert.Equal(t, sdk.Admin, member.Role)
	assert.Equal(t, sdk.Admin, event().(sdk.ConversationUpdated).Role)
	_, err = ada.SetRole(ctx, id, benUser.UserID, sdk.Regular)
	require.NoError(t, err)
	event()
	_, err = ada.SetRole(ctx, id, adaUser.UserID, sdk.Regular)
	assert.True(t, sdk.HasCode(err, sdk.CodeLastAdmin))

	_, err = ada.Send(ctx, id, "hello")
	require.NoError(t, err)
	m, err := sub.Next(ctx)
	require.NoError(t, err)
	assert.Equal(t, "hello", m.Preview)
	mark, err := ben.MarkRead(ctx, id, m.Seq)
	require.NoError(t, err)
	assert.Equal(t, sdk.ReadMark{LastReadSeq: 1, SettledSeq: 1}, mark)
	read := event().(sdk.ReadUpdated)
	assert.EqualValues(t, 1, read.LastReadSeq)
	require.NotNil(t, read.UnreadCount)

	require.NoError(t, ada.RemoveMember(ctx, id, benUser.UserID))
	assert.Equal(t, benUser.UserID, event().(sdk.MemberLeft).UserID)
	_, err = ada.Invite(ctx, id, benUser.UserID)
	require.NoError(t, err)
	invite := event().(sdk.InviteReceived)
	assert.Equal(t, "Yard", invite.Title)
	_, err = ben.Join(ctx, id, invite.InviteID)
	require.NoError(t, err)
	require.NoError(t, ada.RemoveMember(ctx, id, benUser.UserID))
	_, err = ben.Join(ctx, id, invite.InviteID)
	assert.True(t, sdk.HasCode(err, sdk.CodeInviteUsed))
	names, err := ada.Lookup(ctx, benUser.UserID)
	require.NoError(t, err)
	assert.Equal(t, []sdk.UserName{{UserID: benUser.UserID, Username: "ben"}}, names)

	_, err = ada.SetUsername(ctx, "Ben")
	assert.True(t, sdk.HasCode(err, sdk.CodeUsernameTaken))
	changed, err := ada.SetUsername(ctx, "countess")
	require.NoError(t, err)
	assert.Equal(t, "countess", changed.Username)
	assert.True(t, sdk.HasCode(ada.ChangePassword(ctx, "wrong", "another horse"), sdk.CodeInvalidCredentials))
	require.NoError(t, ada.ChangePassword(ctx, "correct horse", "another horse"))
	require.NoError(t, ada.Refresh(ctx))
	_, err = ada.CreateDM(ctx, adaUser.UserID)
	var refusal *sdk.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, "other_user_id", refusal.Fields[0].Field)
}
