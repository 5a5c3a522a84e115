//go:build integration

package simulation

// What CI runs takes about a minute.
const (
	seeds       = 300
	replays     = 30
	hardestBugs = 1 << 10
)
