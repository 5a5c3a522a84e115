//go:build integration

package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

const kills = 25

// killSender is what the parent knows of one sender of the child.
type killSender struct {
	conversation domain.ConversationID
	user         domain.UserID
	acked        []ack // acked[n] is message n
}

type ack struct {
	seq domain.Seq
	id  domain.MessageID
}

// TestAcknowledgedMessagesSurviveKills kills a process that posts at full speed, again and again. Each new one first
// repeats what was not acknowledged, stored or not.
func TestAcknowledgedMessagesSurviveKills(t *testing.T) {
	dir := t.TempDir()
	senders := killSenders(t, dir)
	for range kills {
		c := startChild(t, childAppend, dir, killSpec(senders))
		for range 1 + rand.IntN(100) {
			line := c.line()
			require.NotEmpty(t, line, "the child died by itself")
			note(t, senders, line)
		}
		for _, line := range c.kill() {
			note(t, senders, line)
		}
	}

	c := coreOf(openFile(t, filepath.Join(dir, childDB), time.Now))
	stored := map[domain.ConversationID][]domain.Entry{}
	for _, s := range senders {
		if _, there := stored[s.conversation]; !there {
			stored[s.conversation] = wholeLog(t, c, s.conversation)
		}
		requireKept(t, c, s, stored[s.conversation])
	}
	for id, entries := range stored {
		requireWhole(t, c, id, entries)
	}
}

// killSenders makes two conversations with two senders each.
func killSenders(t *testing.T, dir string) map[domain.UserID]*killSender {
	t.Helper()
	db := openFile(t, filepath.Join(dir, childDB), time.Now)
	c := coreOf(db)
	senders := map[domain.UserID]*killSender{}
	for i := range childSenders / 2 {
		a, b := c.AddUser(t, fmt.Sprint("a", i)), c.AddUser(t, fmt.Sprint("b", i))
		id := c.AddGroup(t, time.Now(), a, b)
		senders[a.ID] = &killSender{conversation: id, user: a.ID}
		senders[b.ID] = &killSender{conversation: id, user: b.ID}
	}
	require.NoError(t, db.Close())
	return senders
}

func killSpec(senders map[domain.UserID]*killSender) string {
	var spec strings.Builder
	for _, s := range senders {
		fmt.Fprintln(&spec, s.conversation, s.user, len(s.acked))
	}
	return spec.String()
}

// note keeps an acknowledgement that the child printed.
func note(t *testing.T, senders map[domain.UserID]*killSender, line string) {
	t.Helper()
	var user, id string
	var n int
	var seq int64
	_, err := fmt.Sscan(line, &user, &n, &seq, &id)
	require.NoError(t, err, line)
	s := senders[domain.UserID(user)]
	require.Equal(t, len(s.acked), n, "acknowledgements come in order")
	s.acked = append(s.acked, ack{domain.Seq(seq), domain.MessageID(id)})
}

func wholeLog(t *testing.T, c portstest.Core, id domain.ConversationID) []domain.Entry {
	t.Helper()
	entries, err := c.Messages.EntriesFrom(t.Context(), id, 1, 1_000_000)
	require.NoError(t, err)
	return entries
}

// requireKept asserts that every acknowledged message is where it was said to be, once, and that at most one more, the
// one on its way at the last kill, is there.
func requireKept(t *testing.T, c portstest.Core, s *killSender, entries []domain.Entry) {
	t.Helper()
	own := 0
	for _, e := range entries {
		if e.Pointer.Sender == s.user {
			own++
		}
	}
	require.GreaterOrEqual(t, own, len(s.acked))
	require.LessOrEqual(t, own, len(s.acked)+1)
	for n, a := range s.acked {
		require.LessOrEqual(t, int(a.seq), len(entries))
		p := entries[a.seq-1].Pointer
		require.Equal(t, a.id, p.ID)
		require.Equal(t, fmt.Sprint(n), p.ClientMsgID)
		body, err := c.Messages.Body(t.Context(), s.conversation, a.seq, a.id)
		require.NoError(t, err)
		require.Equal(t, killDraft(s.conversation, s.user, n).Body, body)
	}
}

// requireWhole asserts that a log has no holes, that no message is in it twice, and that its conversation knows its end.
func requireWhole(t *testing.T, c portstest.Core, id domain.ConversationID, entries []domain.Entry) {
	t.Helper()
	seen := map[string]bool{}
	for i, e := range entries {
		require.EqualValues(t, i+1, e.Seq)
		key := fmt.Sprint(e.Pointer.Sender, e.Pointer.ClientMsgID)
		require.False(t, seen[key], "seq %d is a message that was there before", e.Seq)
		seen[key] = true
	}
	last := entries[len(entries)-1].Pointer
	v, err := c.Reader.ViewConversation(t.Context(), last.Sender, id)
	require.NoError(t, err)
	require.Equal(t, last.Seq, v.LastSeq)
	require.Equal(t, last.ID, v.Last.ID)
	require.Equal(t, last.Seq, v.Read.LastRead, "the sender has read it")
}
