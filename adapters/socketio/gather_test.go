package socketio

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// writes is a connection that remembers each write, and how often a deadline was set.
type writes struct {
	net.Conn
	written   []string
	deadlines []time.Time
}

func (w *writes) Write(p []byte) (int, error) {
	w.written = append(w.written, string(p))
	return len(p), nil
}

func (w *writes) SetWriteDeadline(t time.Time) error {
	w.deadlines = append(w.deadlines, t)
	return nil
}

func TestABurstLeavesInOnePiece(t *testing.T) {
	const text, closing = "\x81", "\x88"
	big := text + strings.Repeat("x", gatherSize)
	type frame struct {
		data     string
		inFlight int
	}
	for name, tc := range map[string]struct {
		frames []frame
		want   []string
	}{
		"one":                        {[]frame{{text + "a", 1}}, []string{text + "a"}},
		"three at once":              {[]frame{{text + "a", 3}, {text + "b", 2}, {text + "c", 1}}, []string{text + "a" + text + "b" + text + "c"}},
		"more come meanwhile":        {[]frame{{text + "a", 2}, {text + "b", 2}, {text + "c", 1}, {text + "d", 1}}, []string{text + "a" + text + "b" + text + "c", text + "d"}},
		"a goodbye does not wait":    {[]frame{{text + "a", 2}, {closing, 2}}, []string{text + "a" + closing}},
		"a large one is not held":    {[]frame{{big, 2}, {text + "b", 1}}, []string{big, text + "b"}},
		"what is gathered is finite": {[]frame{{text + "a", 3}, {big[:gatherSize], 2}, {text + "c", 1}}, []string{text + "a" + big[:gatherSize], text + "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			conn, s := &writes{}, &session{}
			c := &gatheringConn{Conn: conn, session: s}
			for _, f := range tc.frames {
				s.inFlight = f.inFlight
				require.NoError(t, c.SetWriteDeadline(time.Now().Add(time.Minute)))
				n, err := c.Write([]byte(f.data))
				require.NoError(t, err)
				require.Equal(t, len(f.data), n)
			}
			require.Equal(t, tc.want, conn.written)
		})
	}
}

func TestTheAnswerToTheHandshakeLeavesWithTheFirstPacket(t *testing.T) {
	conn := &writes{}
	c := &gatheringConn{Conn: conn, session: &session{}, greets: true}
	for _, data := range []string{"HTTP/1.1 101", "\x81open", "\x81more"} {
		n, err := c.Write([]byte(data))
		require.NoError(t, err)
		require.Equal(t, len(data), n)
	}
	require.Equal(t, []string{"HTTP/1.1 101\x81open", "\x81more"}, conn.written)
}

func TestAWriteHasItsDeadlineOrNearlySo(t *testing.T) {
	conn := &writes{}
	const early = time.Second
	c := &gatheringConn{Conn: conn, session: &session{}, early: early}
	start := time.Now()
	for _, after := range []time.Duration{0, early / 2, early, early + 1, 3 * early} {
		require.NoError(t, c.SetWriteDeadline(start.Add(after)))
		_, err := c.Write([]byte{0x81})
		require.NoError(t, err)
	}
	require.Equal(t, []time.Time{start, start.Add(early + 1), start.Add(3 * early)}, conn.deadlines)
}
