//go:build !linux

package bench

import "time"

// punctually waits until t, which is near.
func punctually(t time.Time) { <-time.After(time.Until(t)) }
