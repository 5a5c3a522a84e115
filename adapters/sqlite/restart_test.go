package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// Everybody who could have received an event was connected to the process that is gone, and comes back to history.
func TestWhatAProcessDidNotAnnounceIsInHistoryAfterItsEnd(t *testing.T) {
	clock := portstest.NewManualClock()
	path := filepath.Join(t.TempDir(), "chat.db")
	first := openFile(t, path, clock.Now)
	c := coreOf(first)
	ada := c.AddUser(t, "ada")
	id := c.AddGroup(t, clock.Now(), ada)
	m := c.Post(t, ada, id, "one")
	clock.Advance(time.Minute)
	left, err := first.LeaseUnfinished(t.Context(), time.Second, time.Hour, 10)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.NoError(t, first.Close())

	second := openFile(t, path, clock.Now)
	left, err = second.LeaseUnfinished(t.Context(), 0, time.Hour, 10)
	require.NoError(t, err)
	require.Empty(t, left)
	entries, err := second.EntriesFrom(t.Context(), id, 1, 10)
	require.NoError(t, err)
	require.Equal(t, []domain.Entry{domain.MessageEntry(m.Pointer)}, entries)
}
