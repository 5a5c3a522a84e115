package sqlite

import (
	"errors"
	"os"
)

// LogReserve is a Config.Reserve that holds what gathers between two checkpoints.
const LogReserve = 16 << 20

// reserveLog lays out the write-ahead log of the database at path, unless there is one. A file that grows costs a sync the file
// system's own journal, too: twice the time at the median, and a hundred times now and then. SQLite takes zeros for an empty log,
// and its space is used again and again. If there is no room for it, there is none: the log then grows as it needs to.
func reserveLog(path string, size int) {
	if size == 0 {
		return
	}
	path += "-wal"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	const step = 1 << 20
	zeros := make([]byte, step)
	for at := 0; at < size && err == nil; at += step {
		_, err = f.Write(zeros[:min(step, size-at)])
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path)
	}
}
