package socketio

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// gatheringConn is the connection of a session's WebSocket. Melody writes frame by frame; what it writes while more is on
// its way is gathered, so that a burst leaves in one piece: the system call is most of what a frame costs. It writes
// from one goroutine at a time.
type gatheringConn struct {
	net.Conn
	session  *session
	gathered *[]byte   // taken from gatherBuffers; nil: nothing is
	wanted   time.Time // the deadline that was asked for
	set      time.Time // the one that is set, at most early before that
	early    time.Duration
}

const (
	gatherSize   = 4 << 10 // bytes gathered at most before they are written
	deadlineStep = 8       // a write has this fraction of its time less, at most: so few deadlines need setting
	controlFrame = 0x08    // in the first byte of a frame of the WebSocket's own
)

var gatherBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, gatherSize)
	return &b
}}

// Write implements net.Conn. What is only gathered leaves with the next frame, which is certain to come unless the
// connection fails.
func (c *gatheringConn) Write(p []byte) (int, error) {
	more := len(p) > 0 && p[0]&controlFrame == 0 && c.session.writesMore()
	if c.gathered == nil {
		if !more || len(p) > gatherSize {
			return c.write(p)
		}
		c.gathered = gatherBuffers.Get().(*[]byte)
	}
	*c.gathered = append(*c.gathered, p...)
	if more && len(*c.gathered) < gatherSize {
		return len(p), nil
	}
	_, err := c.write(*c.gathered)
	if cap(*c.gathered) <= 2*gatherSize {
		*c.gathered = (*c.gathered)[:0]
		gatherBuffers.Put(c.gathered)
	}
	c.gathered = nil
	return len(p), err
}

func (c *gatheringConn) write(p []byte) (int, error) {
	if c.wanted.Sub(c.set) > c.early {
		if err := c.Conn.SetWriteDeadline(c.wanted); err != nil {
			return 0, err
		}
		c.set = c.wanted
	}
	return c.Conn.Write(p)
}

// SetWriteDeadline implements net.Conn for the next Write.
func (c *gatheringConn) SetWriteDeadline(t time.Time) error {
	c.wanted = t
	return nil
}

// gathering is a response whose connection becomes that of a session's WebSocket.
type gathering struct {
	http.ResponseWriter
	session *session
}

// Hijack implements http.Hijacker.
func (g gathering) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(g.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &gatheringConn{Conn: conn, session: g.session, early: g.session.srv.cfg.WriteTimeout / deadlineStep}, buffers, nil
}
