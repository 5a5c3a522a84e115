package socketio

import (
	"bytes"
	"encoding/binary"
	"sync"
	"time"

	"github.com/olahol/melody"

	"chatsystem/adapters/socketio/eio"
)

const (
	// A frame is written by the goroutine that sends it: waking the connection's own costs more than the system call, and
	// the stack it would need stays grown. Only so many for each connection, and so often: in a burst the connection's own
	// gathers frames, and many connections are written to on all processors.
	directPause = time.Millisecond
	directBurst = 4
	directSize  = 4 << 10 // bytes of the largest frame that is written so
)

// attempt is a frame that is written as far as the connection takes it at once.
type attempt struct {
	frame []byte
	n     int
	write func(fd uintptr)
}

var attempts = sync.Pool{New: func() any {
	a := &attempt{}
	a.write = func(fd uintptr) { a.n = tryWrite(fd, a.frame) }
	return a
}}

// writeDirectly writes w to the WebSocket of ms without waiting, and reports whether it is on its way. What the connection does
// not take at once follows from another goroutine; until then the message is in flight. Nothing else is. mu is held.
func (s *session) writeDirectly(ms *melody.Session, w eio.Wire) bool {
	c, ours := ms.WebsocketConnection().NetConn().(*gatheringConn)
	if !ours {
		return false
	}
	rest, begun := c.beginFrame(w, time.Since(s.srv.started))
	if rest != nil {
		s.inFlight++
		go func() {
			if err := c.finishFrame(rest, s.srv.cfg.WriteTimeout); err != nil {
				hangUp(ms, cutConnection)
				return
			}
			s.written(ms)
		}()
	}
	return begun
}

// beginFrame writes as much of w as the connection takes at once, and returns the rest, which finishFrame must be given: until
// then nobody else can write. It does not begin if it would have to wait, or if the connection is busy. One call at a time.
func (c *gatheringConn) beginFrame(w eio.Wire, now time.Duration) (rest []byte, begun bool) {
	switch {
	case c.raw == nil, len(w.Data) > directSize, c.direct > now+(directBurst-1)*directPause, !c.writing.TryLock():
		return nil, false
	}
	c.direct = max(c.direct, now) + directPause
	a := attempts.Get().(*attempt)
	defer attempts.Put(a)
	a.frame, a.n = a.frame[:0], 0
	if c.gathered != nil {
		a.frame = append(a.frame, *c.gathered...)
	}
	a.frame = appendFrame(a.frame, w)
	_ = c.raw.Control(a.write) // fails if the connection is closed, which who writes next meets
	if a.n > 0 {
		c.forget()
	}
	if 0 < a.n && a.n < len(a.frame) {
		return bytes.Clone(a.frame[a.n:]), true
	}
	c.writing.Unlock()
	return nil, a.n > 0
}

// finishFrame writes the rest of a frame, and lets others write again.
func (c *gatheringConn) finishFrame(rest []byte, timeout time.Duration) error {
	defer c.writing.Unlock()
	c.set = time.Now().Add(timeout)
	if err := c.Conn.SetWriteDeadline(c.set); err != nil {
		return err
	}
	_, err := c.Conn.Write(rest)
	return err
}

// appendFrame appends w as a WebSocket frame of a server (RFC 6455, 5.2): one piece, not masked.
func appendFrame(b []byte, w eio.Wire) []byte {
	const final, text, binaryData = 0x80, 0x1, 0x2
	opcode := byte(text)
	if w.Binary {
		opcode = binaryData
	}
	b = append(b, final|opcode)
	const inTwoBytes = 126
	if n := len(w.Data); n < inTwoBytes {
		b = append(b, byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, inTwoBytes), uint16(n)) //nolint:gosec // at most directSize
	}
	return append(b, w.Data...)
}
