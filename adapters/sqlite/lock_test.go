package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/sqlite"
)

func TestLockDir(t *testing.T) {
	t.Run("the folder is made, and taken by one until it is given back", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "new", "data")
		lock, err := sqlite.LockDir(dir)
		require.NoError(t, err)
		_, err = sqlite.LockDir(dir)
		require.ErrorIs(t, err, sqlite.ErrInUse)
		require.ErrorContains(t, err, dir)
		require.NoError(t, lock.Unlock())
		lock, err = sqlite.LockDir(dir)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock())
	})

	t.Run("a second process is refused until the first has died, however that came", func(t *testing.T) {
		dir := t.TempDir()
		first := startChild(t, childLock, dir)
		require.Equal(t, "locked", first.line())
		_, err := sqlite.LockDir(dir)
		require.ErrorIs(t, err, sqlite.ErrInUse)
		require.Contains(t, startChild(t, childLock, dir).line(), sqlite.ErrInUse.Error())
		first.kill()
		lock, err := sqlite.LockDir(dir)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock())
	})
}
