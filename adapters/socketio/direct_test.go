//go:build unix

package socketio

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/socketio/eio"
)

// pipe is a connection to a file that takes so much and no more until somebody reads.
type pipe struct {
	net.Conn
	file *os.File
}

func (p pipe) Write(b []byte) (int, error)        { return p.file.Write(b) }
func (p pipe) SetWriteDeadline(t time.Time) error { return p.file.SetWriteDeadline(t) }

// newPipe returns a connection that can be written to directly, and what reads from it.
func newPipe(t *testing.T) (*gatheringConn, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = w.Close(), r.Close() })
	require.NoError(t, r.SetReadDeadline(time.Now().Add(10*time.Second)))
	raw, err := w.SyscallConn()
	require.NoError(t, err)
	return &gatheringConn{Conn: pipe{file: w}, raw: raw, session: &session{}}, r
}

// wireFrames reads frames as a client does.
func wireFrames(t *testing.T, from io.Reader, n int) (frames []string) {
	t.Helper()
	for range n {
		var head [4]byte
		_, err := io.ReadFull(from, head[:2])
		require.NoError(t, err)
		size := int(head[1])
		if size == 126 {
			_, err = io.ReadFull(from, head[2:])
			require.NoError(t, err)
			size = int(head[2])<<8 | int(head[3])
		}
		data := make([]byte, size)
		_, err = io.ReadFull(from, data)
		require.NoError(t, err)
		frames = append(frames, string(head[:1])+string(data))
	}
	return frames
}

func TestADirectFrameHasTheProtocolsHeader(t *testing.T) {
	for size, header := range map[int]string{0: "\x81\x00", 1: "\x81\x01", 125: "\x81\x7d", 126: "\x81\x7e\x00\x7e", directSize: "\x81\x7e\x10\x00"} {
		data := strings.Repeat("x", size)
		require.Equal(t, header+data, string(appendFrame(nil, eio.Wire{Data: []byte(data)})))
	}
	require.Equal(t, "\x82\x01x", string(appendFrame(nil, eio.Wire{Data: []byte("x"), Binary: true})))
}

func TestADirectFrameFollowsWhatWasGathered(t *testing.T) {
	c, r := newPipe(t)
	c.greets = true
	_, err := c.Write([]byte("HTTP/1.1 101"))
	require.NoError(t, err)
	_, begun := c.beginFrame(eio.Wire{Data: []byte("open")}, 0)
	require.True(t, begun)
	_, begun = c.beginFrame(eio.Wire{Data: []byte("more")}, 0)
	require.True(t, begun)
	got := make([]byte, len("HTTP/1.1 101\x81\x04open\x81\x04more"))
	_, err = io.ReadFull(r, got)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 101\x81\x04open\x81\x04more", string(got))
}

// A pipe takes a part of what is larger than a page, as a socket rarely does.
func TestWhatAConnectionDoesNotTakeAtOnceFollowsBeforeAnythingElse(t *testing.T) {
	c, r := newPipe(t)
	wire := func(mark string) eio.Wire { return eio.Wire{Data: []byte(mark + strings.Repeat("x", directSize-1))} }
	var want []string
	var rest []byte
	for n := 0; rest == nil; n++ {
		var begun bool
		w := wire(string(rune('a' + n)))
		rest, begun = c.beginFrame(w, time.Duration(n)*directPause)
		require.True(t, begun)
		want = append(want, "\x81"+string(w.Data))
	}
	again, begun := c.beginFrame(wire("?"), time.Hour)
	require.False(t, begun, "the frame before it is not done")
	require.Nil(t, again)

	goodbye := make(chan error, 1)
	go func() {
		_, err := c.Write([]byte("\x88\x00"))
		goodbye <- err
	}()
	finished := make(chan error, 1)
	go func() { finished <- c.finishFrame(rest, time.Minute) }()
	require.Equal(t, append(want, "\x88"), wireFrames(t, r, len(want)+1))
	require.NoError(t, <-finished)
	require.NoError(t, <-goodbye)
}

func TestAFullConnectionIsLeftToItsOwnGoroutine(t *testing.T) {
	c, r := newPipe(t)
	small := eio.Wire{Data: []byte(strings.Repeat("x", 1000))}
	n := 0
	for begun := true; begun; n++ {
		var rest []byte
		rest, begun = c.beginFrame(small, time.Duration(n)*directPause)
		require.Nil(t, rest)
	}
	wireFrames(t, r, n-1)
	_, begun := c.beginFrame(small, time.Duration(n)*directPause)
	require.True(t, begun, "it has room again")
}

func TestABurstIsLeftToTheConnectionsOwnGoroutine(t *testing.T) {
	c, _ := newPipe(t)
	w := eio.Wire{Data: []byte("x")}
	begun := func(now time.Duration) bool {
		_, begun := c.beginFrame(w, now)
		return begun
	}
	for range directBurst {
		require.True(t, begun(time.Second))
	}
	require.False(t, begun(time.Second))
	require.True(t, begun(time.Second+directPause))
	require.False(t, begun(time.Second+directPause))
	_, large := c.beginFrame(eio.Wire{Data: make([]byte, directSize+1)}, time.Hour)
	require.False(t, large)
}

func TestARestThatCannotBeWrittenIsAFailure(t *testing.T) {
	c, r := newPipe(t)
	require.NoError(t, r.Close())
	c.writing.Lock()
	require.Error(t, c.finishFrame([]byte("x"), time.Minute))
	require.True(t, c.writing.TryLock())
}
