package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

func openPositions(t *testing.T, path string) *sdk.PositionFile {
	t.Helper()
	f, err := sdk.OpenPositionFile(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// run handles n messages as one run of a program does, and is killed in the middle of the next if dying.
func (s *chat) run(c *sdk.Client, path string, n int, dying bool) []string {
	store := openPositions(s.t, path)
	defer store.Close()
	sub := s.subscribe(c, sdk.WithPositionStore(store))
	defer sub.Close()
	got := take(s.t, sub, n)
	if dying {
		take(s.t, sub, 1)
	} else {
		require.NoError(s.t, sub.Commit(s.t.Context()))
	}
	return got
}

func TestEveryMessageOnceAcrossRunsOfAProgram(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		s.Post(group, id, "before the first run")
		path := filepath.Join(t.TempDir(), "positions")
		require.Empty(t, s.run(c, path, 0, false), "a first run begins now")
		var want, got []string
		for i := range 20 {
			want = append(want, fmt.Sprint(i))
			s.Post(group, id, fmt.Sprint(i))
		}

		for run := range 4 {
			got = append(got, s.run(c, path, 5, run < 3)...)
		}

		require.Equal(t, want, got)
		store := openPositions(t, path)
		sub := s.subscribe(c, sdk.WithPositionStore(store))
		defer sub.Close()
		quiet(t, sub)
	})
}

func TestAFirstRunWithoutConversationsIsOne(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		path := filepath.Join(t.TempDir(), "positions")
		s.run(c, path, 0, false)
		group := s.AddGroup("team", id)
		s.Post(group, id, "while away")

		require.Equal(t, []string{"while away"}, s.run(c, path, 1, false))
	})
}

func TestAPositionFileStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "positions")
	f := openPositions(t, path)
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	big := sdk.Positions{}
	for i := range 4000 {
		big[fmt.Sprintf("conversation-%d", i)] = sdk.Position{Seq: 1, At: at}
	}
	for seq := range int64(5) {
		big["conversation-7"] = sdk.Position{Seq: seq, At: at}
		require.NoError(t, f.Save(t.Context(), big))
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(1_400_000))
	_, err = sdk.OpenPositionFile(path)
	require.ErrorIs(t, err, sdk.ErrFileInUse)
	f.Close()

	got, err := openPositions(t, path).Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, big, got)
}

// brokenStore cannot save once it has begun.
type brokenStore struct{ saves int }

var errDisk = errors.New("disk full")

func (b *brokenStore) Load(context.Context) (sdk.Positions, error) { return nil, nil }

func (b *brokenStore) Save(context.Context, sdk.Positions) error {
	if b.saves++; b.saves > 1 {
		return errDisk
	}
	return nil
}

func TestNoMessageIsHandedOutWhilePositionsCannotBeStored(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c, sdk.WithPositionStore(&brokenStore{}))
		defer sub.Close()
		s.Post(group, id, "1")
		s.Post(group, id, "2")

		var got []string
		for m := range sub.Messages() {
			got = append(got, m.Preview)
		}

		require.Equal(t, []string{"1"}, got)
		require.ErrorIs(t, sub.Err(), errDisk)
	})
}
