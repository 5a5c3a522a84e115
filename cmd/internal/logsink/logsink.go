// Package logsink is where the lines of a program's log go: to stderr, without anybody waiting for whoever reads it.
package logsink

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	lines      = 4096            // that may wait for a reader
	lineBytes  = 64 << 10        // of one line; what is longer is cut
	flushAtEnd = 1 * time.Second // that a reader has to take what is left when the program ends
)

// Sink takes lines and writes them one after another in the background. A reader that is slow, stalled or gone costs
// lines, which are counted, and never time. It is safe for concurrent use.
type Sink struct {
	to      io.Writer
	queue   chan []byte
	empty   chan chan struct{} // asks for an answer once all before it is written
	dropped atomic.Int64
}

// Stderr is the sink of the process.
var Stderr = sync.OnceValue(func() *Sink { return New(os.Stderr) })

// New returns a sink that writes to w for as long as the process runs.
func New(w io.Writer) *Sink {
	s := &Sink{to: w, queue: make(chan []byte, lines), empty: make(chan chan struct{})}
	go s.loop()
	return s
}

// Write implements io.Writer: it takes one line, and never fails nor waits.
func (s *Sink) Write(line []byte) (int, error) {
	kept := append([]byte(nil), line[:min(len(line), lineBytes)]...)
	if len(kept) < len(line) {
		kept = append(kept, "…\n"...)
	}
	select {
	case s.queue <- kept:
	default:
		s.dropped.Add(1)
	}
	return len(line), nil
}

// Dropped returns how many lines nobody took.
func (s *Sink) Dropped() int64 { return s.dropped.Load() }

// Flush returns when everything taken so far is written, or after a while.
func (s *Sink) Flush() {
	late := time.NewTimer(flushAtEnd)
	defer late.Stop()
	written := make(chan struct{})
	select {
	case s.empty <- written:
	case <-late.C:
		return
	}
	select {
	case <-written:
	case <-late.C:
	}
}

func (s *Sink) loop() {
	told := int64(0)
	for {
		select {
		case line := <-s.queue:
			s.write(line)
		case written := <-s.empty:
			for range len(s.queue) {
				s.write(<-s.queue)
			}
			close(written)
		}
		if dropped := s.dropped.Load(); dropped > told && len(s.queue) == 0 {
			s.write(fmt.Appendf(nil, "%d lines of the log were dropped: nobody read it\n", dropped-told))
			told = dropped
		}
	}
}

func (s *Sink) write(line []byte) {
	if _, err := s.to.Write(line); err != nil {
		s.dropped.Add(1)
	}
}
