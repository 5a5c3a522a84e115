package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrInUse says that another process works in the data folder.
var ErrInUse = errors.New("the data folder is in use by another process")

// DirLock is held by the one process that works in a folder. It ends with the process, however that ends.
type DirLock struct{ file *os.File }

// LockDir takes the lock of a folder, which it makes if absent (mode 0700); ErrInUse at once if another process, or
// this one, has it. The lock is on a file named "lock" in the folder, which stays there.
func LockDir(path string) (*DirLock, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("sqlite: data folder: %w", err)
	}
	file, err := openExclusive(filepath.Join(path, "lock"))
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock %s: %w", path, err)
	}
	return &DirLock{file}, nil
}

// Unlock lets others have the folder.
func (l *DirLock) Unlock() error { return l.file.Close() }
