package bench

import (
	"syscall"
	"time"
)

// punctually waits until t, which is near, on the system's timer: Go's are up to a millisecond late when nothing else happens, as long
// as a good server takes.
func punctually(t time.Time) {
	left := syscall.NsecToTimespec(int64(max(0, time.Until(t))))
	_ = syscall.Nanosleep(&left, nil)
	<-time.After(time.Until(t)) // if that was interrupted, or the time is a test's
}
