//go:build unix

package wiring

import (
	"math"
	"syscall"
)

// fileLimit returns how many files this process may have open at a time.
func fileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt
	}
	return int(min(limit.Cur, math.MaxInt32))
}
