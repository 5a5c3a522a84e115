//go:build !unix

package socketio

// tryWrite leaves everything to the connection's own goroutine.
func tryWrite(uintptr, []byte) int { return 0 }
