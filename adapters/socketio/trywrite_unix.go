//go:build unix

package socketio

import "syscall"

// tryWrite writes as much of p as fits into a socket's buffer, and returns how much that was; less than 1 if it failed.
func tryWrite(fd uintptr, p []byte) int {
	n, _ := syscall.Write(int(fd), p) // who writes next meets the error again
	return n
}
