//go:build integration

package simulation

// What CI runs takes about a minute.
const (
	seeds       = 200
	replays     = 20
	hardestBugs = 1 << 10
)
