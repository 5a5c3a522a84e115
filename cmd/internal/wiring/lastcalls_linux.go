package wiring

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
)

// lastCalls is a listener that still gives out, once it is closed, whoever had connected by then. The system would break those
// connections off, and a proxy in front that has sent a request over one cannot know whether to repeat it.
type lastCalls struct {
	*net.TCPListener

	mu      sync.Mutex
	waiting []net.Conn
}

func takeLastCalls(ln net.Listener) net.Listener {
	if tcp, ok := ln.(*net.TCPListener); ok {
		return &lastCalls{TCPListener: tcp}
	}
	return ln
}

// Accept returns those who were waiting before the error that says that the listener is closed.
func (l *lastCalls) Accept() (net.Conn, error) {
	conn, err := l.TCPListener.Accept()
	if err == nil {
		return conn, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return nil, err
	}
	conn, l.waiting = l.waiting[0], l.waiting[1:]
	return conn, nil
}

// Close lets in who waits and nobody else: both in one go, as whoever comes between is broken off.
func (l *lastCalls) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw, err := l.SyscallConn()
	if err != nil {
		return errors.Join(err, l.TCPListener.Close())
	}
	var waiting []int
	err = raw.Control(func(fd uintptr) {
		for {
			conn, _, err := syscall.Accept4(int(fd), syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK)
			if err == syscall.EINTR || err == syscall.ECONNABORTED { //nolint:errorlint // of this one call
				continue
			}
			if err != nil {
				break // EAGAIN: nobody is left
			}
			waiting = append(waiting, conn)
		}
		_ = syscall.Shutdown(int(fd), syscall.SHUT_RD) // from now on connections are refused
	})
	for _, fd := range waiting {
		file := os.NewFile(uintptr(fd), "connection")
		if conn, err := net.FileConn(file); err == nil {
			l.waiting = append(l.waiting, conn)
		}
		_ = file.Close() // conn has one of its own
	}
	return errors.Join(err, l.TCPListener.Close())
}
