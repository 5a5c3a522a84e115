package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jmoiron/sqlx"
)

const qCopy = `VACUUM INTO ?`

// Backup writes the database at path, as it is at one moment, to the file target (mode 0600), which must not exist, and
// returns when that is on disk. The process that has the database open goes on meanwhile: reads and writes do not wait,
// only its write-ahead log grows for as long as the copy takes. What was committed before the call is in the copy. A
// copy that fails, or whose ctx ends, leaves no file; so does one of a file that is ErrDamaged.
func Backup(ctx context.Context, path, target string) error {
	// VACUUM INTO takes an empty file, and keeps its mode.
	file, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: backup: %w", err)
	}
	err = copyDatabase(ctx, path, target)
	if err == nil {
		err = file.Sync() // VACUUM INTO leaves that to the operating system
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("sqlite: backup: %w", errors.Join(err, os.Remove(target)))
	}
	return nil
}

func copyDatabase(ctx context.Context, path, target string) error {
	if fresh, err := checkHeader(path); err != nil || fresh {
		return cmp.Or(err, fmt.Errorf("there is nothing in %s", path))
	}
	source, err := existing(path)
	if err != nil {
		return err
	}
	db, err := sqlx.Open("sqlite", source)
	if err != nil {
		return err
	}
	// A copy of what does not fit together would look whole.
	if faults, err := quickCheck(ctx, db, 1); err != nil || len(faults) > 0 {
		if err == nil {
			err = fmt.Errorf("%w: %s", ErrDamaged, faults[0])
		}
		return errors.Join(err, db.Close())
	}
	// The online backup interface would begin anew with every write of the other process: under load, without end.
	_, err = db.ExecContext(ctx, qCopy, target)
	return errors.Join(translate(err), db.Close())
}

// existing returns the data source name of a database that is there: it is neither made nor brought up to date.
func existing(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	query := url.Values{"mode": {"rw"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())}}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return u.String(), nil
}
