// Package journal keeps a list of JSON records in one file: they are appended, survive a crash once written with sync,
// and are replaced as a whole when most of them are of no use any more. The first line of the file says what it is and
// whose.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// ErrInUse says that another process, or this one, has the journal open.
var ErrInUse = errors.New("the file is in use")

// ErrForeign says that a file is another one than the one wanted: nothing of it was changed.
var ErrForeign = errors.New("the file is for something else")

// Header says what a file is and whose.
type Header struct {
	Kind    string `json:"journal"`
	Version int    `json:"version"`
	Server  string `json:"server,omitempty"`
	User    string `json:"user,omitempty"` // empty: not known yet
}

// differs tells why a stored header is not that of the file wanted; empty if it is.
func (h Header) differs(stored Header) string {
	switch {
	case stored.Kind != h.Kind:
		return fmt.Sprintf("it is a file of %s, not of %s", stored.Kind, h.Kind)
	case stored.Version > h.Version:
		return "a later version of the program wrote it"
	case stored.Server != h.Server:
		return "it belongs to the server " + stored.Server
	case stored.User != "" && h.User != "" && stored.User != h.User:
		return "it belongs to another user"
	}
	return ""
}

// errBroken is the answer after a record was written in part and could not be taken back.
var errBroken = errors.New("the file is broken by an earlier failure")

// Journal is an open file of records, one JSON object a line. It is safe for concurrent use.
type Journal[R any] struct {
	path   string
	lock   *os.File
	header Header

	mu     sync.Mutex
	file   *os.File
	size   int64 // up to here the file is whole records
	broken bool
	closed bool
}

// Open opens a journal for one process at a time, and returns what it holds, nil if it did not exist. A file that is
// new has mode 0600. What a crash left of a last record is cut off. A file with another header, or with what are no
// records, is ErrForeign and left as it is; one without a header, as earlier releases wrote them, gets it.
func Open[R any](path string, header Header) (*Journal[R], []R, error) {
	lock, err := Lock(path + ".lock")
	if err != nil {
		return nil, nil, fmt.Errorf("journal %s: %w", path, err)
	}
	j := &Journal[R]{path: path, lock: lock, header: header}
	records, err := j.load()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("journal %s: %w", path, err), j.Close())
	}
	return j, records, nil
}

// load reads the file, or makes an empty one.
func (j *Journal[R]) load() ([]R, error) {
	data, err := os.ReadFile(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, j.replace(nil)
	}
	if err != nil {
		return nil, err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	first, rest, _ := bytes.Cut(whole, []byte{'\n'})
	var stored Header
	if strictly(first, &stored) != nil || stored.Kind == "" {
		return j.upgrade(data, whole)
	}
	if why := j.header.differs(stored); why != "" {
		return nil, fmt.Errorf("%w: %s", ErrForeign, why)
	}
	records, err := decode[R](rest)
	if err != nil {
		return nil, err
	}
	if stored != j.header && j.header.User != "" { // it was nobody's
		return records, j.replace(records)
	}
	j.header = stored
	return records, j.reopen(int64(len(whole)))
}

// upgrade takes over a file without a header.
func (j *Journal[R]) upgrade(data, whole []byte) ([]R, error) {
	records, err := decode[R](whole)
	if err != nil {
		return nil, fmt.Errorf("%w: what is in it is no file of %s: %w", ErrForeign, j.header.Kind, err)
	}
	if len(whole) == 0 && len(data) > 0 && !bytes.HasPrefix(data, []byte(`{"`)) {
		return nil, fmt.Errorf("%w: what is in it is no file of %s", ErrForeign, j.header.Kind)
	}
	return records, j.replace(records)
}

// reopen opens the file, of which so much is whole records.
func (j *Journal[R]) reopen(size int64) error {
	file, err := os.OpenFile(j.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	j.file, j.size = file, size
	return j.rewind()
}

func decode[R any](lines []byte) ([]R, error) {
	records := []R{}
	for line := range bytes.Lines(lines) {
		var r R
		if err := strictly(line, &r); err != nil {
			return nil, fmt.Errorf("record %d: %w", len(records)+1, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// strictly decodes a line that holds nothing but what to has.
func strictly(line []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(to)
}

// User returns whose the file is; empty if that is not known yet.
func (j *Journal[R]) User() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.header.User
}

// Bind makes the file a user's, with these records.
func (j *Journal[R]) Bind(user string, records ...R) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.header.User = user
	if err := j.replace(records); err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	return nil
}

// rewind cuts off what follows the last whole record.
func (j *Journal[R]) rewind() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

// Append adds records, all of them or none. With sync they survive a crash of the machine from then on, and with them
// all before; without, one of the process.
func (j *Journal[R]) Append(sync bool, records ...R) error {
	data, err := encode(records)
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.write(data, sync); err != nil {
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	return nil
}

func (j *Journal[R]) write(data []byte, sync bool) error {
	if j.broken {
		return errBroken
	}
	_, err := j.file.Write(data)
	if err == nil && sync {
		err = j.file.Sync()
	}
	if err != nil {
		undone := j.rewind()
		j.broken = undone != nil
		return errors.Join(err, undone)
	}
	j.size += int64(len(data))
	return nil
}

// Size returns how many bytes the records take.
func (j *Journal[R]) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// Replace puts records in the place of all there are. A crash leaves the ones or the others.
func (j *Journal[R]) Replace(records ...R) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.replace(records); err != nil {
		return fmt.Errorf("journal %s: replace: %w", j.path, err)
	}
	return nil
}

func (j *Journal[R]) replace(records []R) error {
	head, err := encode([]Header{j.header})
	if err != nil {
		return err
	}
	data, err := encode(records)
	if err != nil {
		return err
	}
	data = append(head, data...)
	if j.file != nil {
		err = j.file.Close() // not every system replaces an open file
	}
	if err = errors.Join(err, Install(j.path, data)); err == nil {
		j.size = int64(len(data))
	}
	file, opened := os.OpenFile(j.path, os.O_RDWR, 0)
	if opened == nil {
		j.file = file
		opened = j.rewind()
	}
	j.broken = opened != nil
	return errors.Join(err, opened)
}

// Install puts data in the place of a file, which gets mode 0600. A crash leaves the old content or the new.
func Install(path string, data []byte) error {
	next := path + ".new"
	file, err := os.OpenFile(next, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func encode[R any](records []R) ([]byte, error) {
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			return nil, err
		}
	}
	return data.Bytes(), nil
}

// Close lets others open the journal. Closing again does nothing.
func (j *Journal[R]) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, j.lock.Close())
}
