package wiring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"chatsystem/adapters/sqlite"
)

// Backup copies a data folder to the new folder target, whole or not at all: a `chat serve` that is started on the copy
// goes on from the moment of the copy. The process that works in dataDir goes on meanwhile.
func Backup(ctx context.Context, dataDir, target string) (err error) {
	if _, err := os.Lstat(target); err == nil {
		return fmt.Errorf("backup: %s is there already", target)
	}
	partial, err := os.MkdirTemp(filepath.Dir(target), filepath.Base(target)+".*.partial") // mode 0700
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }() // nothing is there once it has its name
	if err := sqlite.Backup(ctx, filepath.Join(dataDir, databaseFile), filepath.Join(partial, databaseFile)); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(dataDir, keyFile), filepath.Join(partial, keyFile)); err != nil {
		return fmt.Errorf("backup: signing key: %w", err)
	}
	err = errors.Join(syncFolder(partial), os.Rename(partial, target), syncFolder(filepath.Dir(target)))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// copyFile makes a small file that only its owner can read, and returns when it is on disk.
func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
