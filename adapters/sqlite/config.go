package sqlite

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"time"
)

// Config is where the database is and how it is opened.
type Config struct {
	// Path of the database file, made if absent (mode 0600); SQLite keeps two more files beside it. Its folder must exist.
	Path string
	// Readers is how many reads may run at once; 0 means defaultReaders.
	Readers int
	// Reserve is how many bytes of the write-ahead log are laid out when the file is opened, so that commits need not: LogReserve, or 0.
	Reserve int
}

const (
	defaultReaders = 4
	// busyTimeout is how long a statement waits for somebody outside this process who holds the file.
	busyTimeout = 5 * time.Second
	// walLimit is the size in bytes that the write-ahead log is cut back to once a reader has let it grow.
	walLimit = 64 << 20
	// Page caches grow to this as they are used; the operating system's holds the rest. The writer's is large: each message touches
	// a page of its conversation and one of an index that knows no order, and reading them cost more than writing them.
	readerCacheKiB, writerCacheKiB = 8 << 10, 64 << 10
	// keepDirty keeps what a transaction has changed in memory until it commits, so that a disk which is full is met by
	// the commit. What a group changes is bounded.
	keepDirty = "cache_spill(0)"
	// readOnly stands among the pragmas of a file that must not be changed, nor made.
	readOnly = "read-only"
)

// Validate reports what is wrong with the settings.
func (c Config) Validate() error {
	var faults []error
	if c.Path == "" {
		faults = append(faults, errors.New("sqlite: path is required"))
	}
	if c.Readers < 0 {
		faults = append(faults, fmt.Errorf("sqlite: readers must not be negative, is %d", c.Readers))
	}
	if c.Reserve < 0 {
		faults = append(faults, fmt.Errorf("sqlite: reserve must not be negative, is %d", c.Reserve))
	}
	return errors.Join(faults...)
}

func (c Config) readers() int {
	if c.Readers == 0 {
		return defaultReaders
	}
	return c.Readers
}

func cacheOf(kib int) string { return fmt.Sprintf("cache_size(-%d)", kib) }

// source returns the data source name of the file with the pragmas of every connection and some more.
func (c Config) source(pragmas ...string) (string, error) {
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return "", fmt.Errorf("sqlite: path: %w", err)
	}
	pragmas = append(pragmas,
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
	)
	var query url.Values
	if i := slices.Index(pragmas, readOnly); i >= 0 { // the journal stays of the kind it is: that is in the file
		query = url.Values{"_pragma": slices.Delete(pragmas, i, i+1), "mode": {"ro"}}
	} else {
		pragmas = append(pragmas, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			fmt.Sprintf("journal_size_limit(%d)", walLimit), "wal_autocheckpoint(0)") // checkpointer does
		query = url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return u.String(), nil
}
