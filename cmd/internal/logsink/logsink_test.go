package logsink

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// reader takes what is written while it is not stalled.
type reader struct {
	mu      sync.Mutex
	stalled chan struct{} // closed: it reads on
	gone    bool
	got     strings.Builder
}

func (r *reader) Write(p []byte) (int, error) {
	<-r.stalled
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return 0, errors.New("broken pipe")
	}
	return r.got.Write(p)
}

func (r *reader) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got.String()
}

func reading() *reader {
	r := &reader{stalled: make(chan struct{})}
	close(r.stalled)
	return r
}

func log(s *Sink, n int) {
	for i := range n {
		_, _ = fmt.Fprintf(s, "line %d\n", i)
	}
}

func TestLinesAreWrittenInOrder(t *testing.T) {
	r := reading()
	s := New(r)
	log(s, 1000)
	s.Flush()
	lines := strings.Split(strings.TrimSpace(r.text()), "\n")
	require.Len(t, lines, 1000)
	require.Equal(t, "line 999", lines[999])
	require.Zero(t, s.Dropped())
}

func TestAReaderThatStallsHoldsNobodyUp(t *testing.T) {
	r := &reader{stalled: make(chan struct{})}
	s := New(r)
	log(s, 3*lines)
	require.GreaterOrEqual(t, s.Dropped(), int64(lines))
	dropped := s.Dropped()
	close(r.stalled)
	s.Flush()
	s.Flush()
	require.Contains(t, r.text(), fmt.Sprintf("%d lines of the log were dropped: nobody read it\n", dropped))
	require.Equal(t, 1, strings.Count(r.text(), "dropped"), "it is told once")
}

func TestTheEndWaitsAWhileForAReaderThatStalls(t *testing.T) {
	r := &reader{stalled: make(chan struct{})}
	s := New(r)
	log(s, 10)
	began := time.Now()
	s.Flush()
	require.GreaterOrEqual(t, time.Since(began), flushAtEnd)
	close(r.stalled)
}

func TestWhatAReaderThatIsGoneMissesIsCounted(t *testing.T) {
	r := reading()
	r.gone = true
	s := New(r)
	log(s, 10)
	s.Flush()
	require.GreaterOrEqual(t, s.Dropped(), int64(10))
}

func TestALineThatIsFarTooLongIsCut(t *testing.T) {
	r := reading()
	s := New(r)
	_, err := s.Write([]byte(strings.Repeat("x", lineBytes+1)))
	require.NoError(t, err)
	s.Flush()
	require.Equal(t, strings.Repeat("x", lineBytes)+"…\n", r.text())
}
