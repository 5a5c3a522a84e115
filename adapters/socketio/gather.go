package socketio

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// gatheringConn is the connection of a session's WebSocket. Melody writes frame by frame; what it writes while more is on
// its way is gathered, so that a burst leaves in one piece: the system call is most of what a frame costs. Other writers are
// writeDirectly, and the goroutine that reads, which answers what is the WebSocket's own.
type gatheringConn struct {
	net.Conn
	session *session
	raw     syscall.RawConn // nil: it cannot be written to without waiting
	direct  time.Duration   // directPause after each direct frame, since the server started; guarded by the session's mu
	wanted  time.Time       // the deadline that was asked for
	early   time.Duration

	writing  sync.Mutex
	greets   bool      // what is written next is the answer to the handshake, which the session's first packet follows at once
	gathered *[]byte   // taken from gatherBuffers; nil: nothing is
	set      time.Time // the deadline that is set, at most early before wanted
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
	c.writing.Lock()
	defer c.writing.Unlock()
	more := c.greets || len(p) > 0 && p[0]&controlFrame == 0 && c.session.writesMore()
	c.greets = false
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
	c.forget()
	return len(p), err
}

// forget drops what was gathered, which has left. writing is held.
func (c *gatheringConn) forget() {
	if c.gathered != nil && cap(*c.gathered) <= 2*gatherSize {
		*c.gathered = (*c.gathered)[:0]
		gatherBuffers.Put(c.gathered)
	}
	c.gathered = nil
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
	greets  bool // the session begins with it: see gatheringConn
}

// Hijack implements http.Hijacker.
func (g gathering) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(g.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c := &gatheringConn{Conn: conn, session: g.session, greets: g.greets, early: g.session.srv.cfg.WriteTimeout / deadlineStep}
	if tcp, ok := conn.(syscall.Conn); ok {
		if c.raw, err = tcp.SyscallConn(); err != nil {
			return nil, nil, err
		}
	}
	return c, buffers, nil
}
