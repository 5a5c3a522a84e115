package sqlite

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
)

// TestConnections pins what the promises rest on and no behaviour of a living machine can show.
func TestConnections(t *testing.T) {
	d := openTest(t)
	pragmas := map[string]string{
		"journal_mode": "wal", "synchronous": "2" /* FULL */, "foreign_keys": "1", "busy_timeout": "5000",
	}
	for pragma, want := range pragmas {
		var got string
		require.NoError(t, d.reads.get(t.Context(), &got, "PRAGMA "+pragma))
		require.Equal(t, want, got, "%s of a reader", pragma)
		require.NoError(t, d.writer.do(t.Context(), func(ctx context.Context, q *queries) error {
			return q.get(ctx, &got, "PRAGMA "+pragma)
		}))
		require.Equal(t, want, got, "%s of the writer", pragma)
	}
	_, err := d.reads.exec(t.Context(), `DELETE FROM users`)
	require.Error(t, err, "a reader cannot write")
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	d := openTest(t)
	require.NoError(t, d.writer.do(t.Context(), addUser(1)))
	seen := -1
	require.NoError(t, d.writer.do(t.Context(), func(ctx context.Context, q *queries) error {
		return errors.Join(addUser(2)(ctx, q), d.reads.get(ctx, &seen, qCountUsers))
	}))
	require.Equal(t, 1, seen, "a reader sees what was committed, and no more")
	require.Equal(t, 2, userCount(t, d))
}

// A message's created_at may be far ahead of a clock that was set back; its age counts from the clock all the same.
func TestClockSetBackDoesNotHideMessagesThatWait(t *testing.T) {
	d := openTest(t)
	users, ids := addRooms(t, d, 1)
	now := time.Now()
	d.clock = ports.Clock(func() time.Time { return now })
	draft := domain.Draft{Conversation: ids[0], Sender: users[0], ClientMsgID: "1", Body: "one"}
	first, _, err := d.Append(t.Context(), draft)
	require.NoError(t, err)
	require.NoError(t, d.Settle(t.Context(), []domain.Settlement{{Conversation: ids[0], Seq: 1, State: domain.Published}}))

	now = now.Add(-24 * time.Hour)
	draft.ClientMsgID = "2"
	second, _, err := d.Append(t.Context(), draft)
	require.NoError(t, err)
	require.Equal(t, first.CreatedAt, second.CreatedAt)
	now = now.Add(time.Minute)
	leased, err := d.LeaseUnfinished(t.Context(), 5*time.Second, time.Minute, 10)
	require.NoError(t, err)
	require.Len(t, leased, 1)
	require.Equal(t, second.ID, leased[0].MessageID)
}
