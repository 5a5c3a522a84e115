//go:build integration

package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"chatsystem/cmd/internal/previous"
	"chatsystem/sdk"
)

// TestUpgradeAndBack runs the release before on a data folder, then this one, then the release before on what this one and the
// next have made of it.
func TestUpgradeAndBack(t *testing.T) {
	ctx := deadline(t, 5*time.Minute)
	dir := t.TempDir()
	require.NoError(t, previous.Build(ctx, dir, "chat"))
	old := filepath.Join(dir, "chat")
	p := newProcess(t)
	p.program = old
	p.start()
	c := newChatters(t, ctx, p.url())
	c.talk("the release before")
	c.check()
	require.Zero(t, p.stop())

	p.program = ""
	p.start()
	c.check()
	c.talk("this release")
	c.check()
	require.Zero(t, p.stop())

	db, err := sql.Open("sqlite", filepath.Join(p.dir, "data", "chat.db"))
	require.NoError(t, err)
	for _, table := range []string{"users", "sessions", "refresh_tokens", "conversations", "memberships", "reads", "invites", "messages", "bodies"} {
		_, err := db.ExecContext(ctx, "ALTER TABLE "+table+" ADD COLUMN added_later TEXT NOT NULL DEFAULT 'x'")
		require.NoError(t, err)
	}
	_, err = db.ExecContext(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	p.program = old
	p.start()
	c.check()
	c.talk("the release before, again")
	c.check()
}

// chatters are two people in a conversation, who keep their sessions and what they have sent.
type chatters struct {
	t            *testing.T
	ctx          context.Context //nolint:containedctx // of one test
	ada, ben     *sdk.Client
	conversation string
	sent         []sdk.Message
	ids          []string // their client_msg_ids
}

func newChatters(t *testing.T, ctx context.Context, url string) *chatters { //nolint:revive // t comes first in tests
	t.Helper()
	c := &chatters{t: t, ctx: ctx}
	for name, client := range map[string]**sdk.Client{"ada": &c.ada, "ben": &c.ben} {
		var err error
		*client, err = sdk.New(url)
		require.NoError(t, err)
		_, err = (*client).Register(ctx, sdk.Registration{Email: name + "@example.org", Password: "correct horse", Username: name})
		require.NoError(t, err)
	}
	found, err := c.ada.Search(ctx, "ben")
	require.NoError(t, err)
	group, err := c.ada.CreateGroup(ctx, "Upgrade", found[0].UserID)
	require.NoError(t, err)
	c.conversation = group.ConversationID
	return c
}

// talk sends a short and a long message while Ben listens, and one of them a second time; Ben reads, and both refresh their
// sessions.
func (c *chatters) talk(text string) {
	c.t.Helper()
	sub, err := c.ben.Subscribe(c.ctx)
	require.NoError(c.t, err)
	defer sub.Close()
	for _, body := range []string{text, strings.Repeat(text+" ", 100)} {
		id := rand.Text()
		m, err := c.ada.Send(c.ctx, c.conversation, body, sdk.WithClientMsgID(id))
		require.NoError(c.t, err)
		require.EqualValues(c.t, len(c.sent)+1, m.Seq)
		heard, err := sub.Next(c.ctx)
		require.NoError(c.t, err)
		require.Equal(c.t, m.MessageID, heard.MessageID)
		c.sent, c.ids = append(c.sent, m), append(c.ids, id)
	}
	mark, err := c.ben.MarkRead(c.ctx, c.conversation, int64(len(c.sent)-1))
	require.NoError(c.t, err)
	require.EqualValues(c.t, 1, mark.UnreadCount)
	require.NoError(c.t, c.ada.Refresh(c.ctx))
	require.NoError(c.t, c.ben.Refresh(c.ctx))
}

// check finds everything that was ever sent, whole and in order, and a retry its message.
func (c *chatters) check() {
	c.t.Helper()
	n := 0
	for m, err := range c.ben.History(c.ctx, c.conversation, sdk.After(0)) {
		require.NoError(c.t, err)
		require.Equal(c.t, c.sent[n].MessageID, m.MessageID)
		full, err := c.ben.Message(c.ctx, c.conversation, m.MessageID)
		require.NoError(c.t, err)
		require.Equal(c.t, c.sent[n].Body, full.Body)
		again, err := c.ada.Send(c.ctx, c.conversation, c.sent[n].Body, sdk.WithClientMsgID(c.ids[n]))
		require.NoError(c.t, err)
		require.Equal(c.t, m.MessageID, again.MessageID)
		n++
	}
	require.Len(c.t, c.sent, n)
	conversation, err := c.ben.Conversation(c.ctx, c.conversation)
	require.NoError(c.t, err)
	require.EqualValues(c.t, 1, conversation.UnreadCount)
}
