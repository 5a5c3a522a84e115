//go:build !integration

package simulation

// What plain `go test` runs takes seconds.
const (
	seeds       = 40
	replays     = 8
	hardestBugs = 20 // planted bugs that take more seeds to be found are left to the integration tests
)
